/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { FeedsPage } from "../feeds/feeds.page.tsx";
import { siteUrl } from "../http/site-url.ts";
import { renderPage } from "../look/layout.tsx";
import { ApiPage } from "./api.page.tsx";
import { describeApi } from "./api.routes.ts";
import { documentSchema } from "./document.schema.ts";

/** The pages that tell people what programs can have. */
export const programPages = new Hono<AppEnv>()
  .get("/api", (c) => {
    const document = documentSchema.parse(describeApi(siteUrl(c)));
    return renderPage(
      c,
      { title: "For programs", description: "The site’s API, in the shapes of the Hugging Face Hub’s." },
      <ApiPage document={document} />,
    );
  })
  .get("/feeds", (c) =>
    renderPage(
      c,
      { title: "Feeds", description: "Feeds of every view of the papers." },
      <FeedsPage site={siteUrl(c)} />,
    ),
  );
