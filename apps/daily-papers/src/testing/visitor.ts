import type { createApp } from "../app.tsx";
import type { OpenDatabase } from "../database/database.ts";
import { origin } from "./apps.ts";

type Headers = Readonly<Record<string, string>>;

/** Somebody with a browser: keeps the cookies that an app sets, and sends them back. */
export class Visitor {
  readonly #app: ReturnType<typeof createApp>;
  readonly #headers: Headers;
  readonly cookies = new Map<string, string>();

  constructor(app: ReturnType<typeof createApp>, headers: Headers = {}) {
    this.#app = app;
    this.#headers = headers;
  }

  get(path: string, headers: Headers = {}): Promise<Response> {
    return this.#send(path, { method: "GET" }, headers);
  }

  async text(path: string): Promise<string> {
    return (await this.get(path)).text();
  }

  post(path: string, form: Record<string, string> = {}, headers: Headers = {}): Promise<Response> {
    return this.#send(path, { method: "POST", body: new URLSearchParams(form) }, { origin, ...headers });
  }

  /** Follows the link of the newest mail to an address, as one does who wrote the address into the form. */
  async signIn({ db }: OpenDatabase, email: string, name?: string): Promise<void> {
    const before = await db.selectFrom("mail").select("id").where("recipient", "=", email).execute();
    await this.post("/sign-in", { email });
    await this.post(await linkIn(db, email, new Set(before.map((mail) => mail.id))));
    if (name !== undefined) await this.post("/welcome", { name });
  }

  async #send(path: string, request: RequestInit, headers: Headers): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await this.#app.request(`${origin}${path}`, {
      ...request,
      headers: { host: "localhost:8787", cookie, ...this.#headers, ...headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }
}

/** The path of the link in the newest mail to an address, but for those mails that are known. */
export async function linkIn(
  db: OpenDatabase["db"],
  email: string,
  known: ReadonlySet<string> = new Set(),
): Promise<string> {
  const mails = await db
    .selectFrom("mail")
    .select(["id", "text_body"])
    .where("recipient", "=", email)
    .orderBy("created_at", "desc")
    .execute();
  const mail = mails.find(({ id }) => !known.has(id));
  const link = /https?:\/\/\S+\/sign-in\/\S+/.exec(mail?.text_body ?? "")?.[0];
  if (link === undefined) throw new Error("the mail holds no link");
  const { pathname, search } = new URL(link);
  return pathname + search;
}
