/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { ApiDocument, Operation, SchemaNode } from "./document.schema.ts";

/** The API, as its own document describes it. */
export function ApiPage({ document }: { document: ApiDocument }) {
  const site = document.servers[0]?.url ?? "";
  return (
    <article class="sheet">
      <header>
        <h1>For programs</h1>
        <p>
          <Described text={document.info.description} />
        </p>
      </header>
      <p>
        The whole description for machines is <a href="/openapi.json">openapi.json</a>. Feeds of every view are{" "}
        <a href="/feeds">listed on a page of their own</a>.
      </p>
      <p>With Hugging Face’s own client:</p>
      <div class="command" data-copy>
        <pre tabindex={0} aria-label="Python">
          <code>{`from huggingface_hub import HfApi\n\nfor paper in HfApi(endpoint="${site}").list_daily_papers(limit=5):\n    print(paper.id, paper.title)`}</code>
        </pre>
      </div>
      <h2 id="addresses">Addresses</h2>
      {Object.entries(document.paths).map(([path, { get }]) => (
        <OperationPart path={path} operation={get} site={site} />
      ))}
      <h2 id="answers">Answers</h2>
      {Object.entries(document.components.schemas).map(([name, schema]) => (
        <section aria-labelledby={`schema-${name}`}>
          <h3 id={`schema-${name}`}>{name}</h3>
          <Fields schema={schema} label={`Fields of ${name}`} />
        </section>
      ))}
    </article>
  );
}

function OperationPart({ path, operation, site }: { path: string; operation: Operation; site: string }) {
  const id = `operation-${operation.operationId}`;
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>
        <code>GET {path}</code>
      </h3>
      <p>
        <Described text={operation.summary} />.
      </p>
      {operation.parameters.length > 0 && (
        <div class="table-frame" tabindex={0} role="region" aria-label={`Parameters of ${path}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Parameter</th>
                <th scope="col">Value</th>
                <th scope="col">Meaning</th>
              </tr>
            </thead>
            <tbody>
              {operation.parameters.map(({ name, required, description, schema }) => (
                <tr>
                  <th scope="row">
                    <code>{name}</code>
                    {required === true && " (needed)"}
                  </th>
                  <td>{describeType(schema)}</td>
                  <td>
                    <Described text={description ?? schema.description ?? ""} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p>
        Answers:{" "}
        {Object.entries(operation.responses).map(([status, { description, content }], place) => (
          <>
            {place > 0 && " "}
            <strong>{status}</strong> <Described text={description.replace(/\.$/, "")} />
            {content !== undefined && ` (${Object.entries(content).map(describeContent).join(", ")})`}.
          </>
        ))}
      </p>
      <div class="command" data-copy>
        <pre tabindex={0} aria-label="Command">
          <code>{`curl '${site}${exampleOf(path, operation)}'`}</code>
        </pre>
      </div>
    </section>
  );
}

function Fields({ schema, label }: { schema: SchemaNode; label: string }) {
  return (
    <div class="table-frame" tabindex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Value</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(schema, "").map(({ name, field, required }) => (
            <tr>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>
                {describeType(field)}
                {!required && ", or absent"}
              </td>
              <td>
                <Described text={field.description ?? ""} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The document's words; what stands between backticks is set as code. */
function Described({ text }: { text: string }) {
  return <>{text.split("`").map((part, place) => (place % 2 === 1 ? <code>{part}</code> : part))}</>;
}

interface FieldRow {
  readonly name: string;
  readonly field: SchemaNode;
  readonly required: boolean;
}

/** The fields of a schema, those of objects without a name of their own among them. */
function rowsOf(schema: SchemaNode, prefix: string): FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    { name: prefix + name, field, required: schema.required?.includes(name) === true },
    ...rowsOf(field.items?.properties === undefined ? field : field.items, `${prefix}${name}.`),
  ]);
}

function describeContent([type, { schema }]: [string, { schema?: SchemaNode | undefined }]): string {
  return schema === undefined ? type : `${type}: ${describeType(schema)}`;
}

/** `whole number from 1 to 100, 50 when absent` */
function describeType(schema: SchemaNode): string {
  const named = schema.$ref ?? schema.allOf?.find(({ $ref }) => $ref !== undefined)?.$ref;
  if (named !== undefined) return named.slice(named.lastIndexOf("/") + 1);
  if (schema.items !== undefined) return `list of ${describeType(schema.items)}`;
  if (schema.enum !== undefined) return withDefault(schema.enum.map(String).join(" or "), schema);
  const type = [schema.type ?? "any value"]
    .flat()
    .join(" or ")
    .replace("integer", "whole number")
    .replace("string", "text");
  const bounds = [
    schema.format === undefined ? "" : ` (${schema.format})`,
    schema.minimum === undefined ? "" : ` from ${schema.minimum}`,
    schema.maximum === undefined ? "" : ` to ${schema.maximum}`,
    schema.maxLength === undefined ? "" : ` of at most ${schema.maxLength} characters`,
  ];
  return withDefault(type + bounds.join(""), schema);
}

function withDefault(text: string, schema: SchemaNode): string {
  return schema.default === undefined
    ? text
    : `${text}; ${JSON.stringify(schema.default).replaceAll('"', "")} when absent`;
}

function exampleOf(path: string, { parameters }: Operation): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const example = parameters.find((parameter) => parameter.name === name)?.schema.example;
    return typeof example === "string" ? example : name;
  });
  const query = parameters.flatMap(({ name, in: place, required, schema }) =>
    place === "query" && (required === true || name === "limit")
      ? [`${name}=${typeof schema.example === "string" ? encodeURIComponent(schema.example) : "5"}`]
      : [],
  );
  return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
}
