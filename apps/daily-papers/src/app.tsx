/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { adminRoutes } from "./admin/admin.routes.tsx";
import { apiRoutes } from "./api/api.routes.ts";
import { exportRoutes } from "./api/export.routes.ts";
import { programPages } from "./api/pages.routes.tsx";
import { isForPrograms, problem, problemOf } from "./api/problem.ts";
import type { AppEnv, Services } from "./app-env.ts";
import { feedsRoutes } from "./feeds/feeds.routes.ts";
import { commentRoutes } from "./comments/comment.routes.tsx";
import { feedVersion } from "./feed/feed.queries.ts";
import { feedRoutes } from "./feed/feed.routes.tsx";
import { subscribeRoutes } from "./digest/subscribe.routes.tsx";
import { unsubscribeRoutes } from "./digest/unsubscribe.routes.tsx";
import { keptAnswers } from "./http/kept-answers.ts";
import { isKnownHost } from "./known-host.ts";
import { assetRoutes } from "./look/assets.ts";
import { frames } from "./look/frames.ts";
import { renderNotFound, renderNotice } from "./look/notice.tsx";
import { bounceRoutes } from "./mail/bounces.routes.ts";
import { outboxRoutes } from "./mail/outbox.routes.tsx";
import { themeOf } from "./look/theme.ts";
import { themeRoutes } from "./look/theme.routes.ts";
import { Operations } from "./operations/operations.ts";
import { operationsRoutes } from "./operations/operations.routes.ts";
import { renderNotAllowed, renderSignInNeeded } from "./people/refusals.tsx";
import { NotAllowedError, SignInNeededError } from "./people/reader.ts";
import { mayBeSignedIn } from "./people/session-cookie.ts";
import { readSession } from "./people/session.ts";
import { moderationRoutes } from "./moderation/moderation.routes.tsx";
import { profileRoutes } from "./people/profile.routes.tsx";
import { settingsRoutes } from "./people/settings.routes.tsx";
import { signInRoutes } from "./people/sign-in.routes.tsx";
import { submissionRoutes } from "./submissions/submission.routes.tsx";
import { voteRoutes } from "./votes/vote.routes.ts";
import { paperRoutes } from "./papers/paper.routes.tsx";
import { searchRoutes } from "./search/search.routes.tsx";
import { forYouRoutes } from "./recommendations/for-you.routes.tsx";
import { runRoutes } from "./runs/run.routes.tsx";

/** No form of ours is longer. */
const maxBodyBytes = 16_384;
/** A comment of 10,000 characters, each of which may take nine in a form. */
const maxTextBytes = 98_304;

/** Pages and feeds of papers: they change with the papers alone. */
const sharedPaths = /^\/(?:$|date\/|week\/|month\/|trending$|feeds\/)/;

const shortBody = bodyLimit({ maxSize: maxBodyBytes });

export interface AppOptions {
  readonly services: Services;
  readonly onError: (error: unknown) => void;
}

/** All of the site's answers; knows no port, so that a test can ask it with `app.request`. */
export function createApp({ services, onError }: AppOptions) {
  const app = new Hono<AppEnv>();
  const operations = services.operations ?? new Operations();

  app.use(operations.observe);
  app.use(
    keptAnswers({
      variantOf: (c) =>
        sharedPaths.test(c.req.path) && !mayBeSignedIn(c.req.header("cookie")) ? themeOf(c) : undefined,
      versionOf: async () => (await feedVersion(services.db)).version,
    }),
  );
  app.use(frames);
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        fontSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      referrerPolicy: "strict-origin-when-cross-origin",
      xFrameOptions: "DENY",
      // Whether the site is only to be reached by https is for the proxy in front of it to say.
      strictTransportSecurity: false,
    }),
  );
  app.use(async (c, next) => {
    if (!isKnownHost(c.req.header("host"), services.config)) {
      c.res = await renderForeignHost(c);
      return;
    }
    c.set("db", services.db);
    c.set("config", services.config);
    c.set("implementations", services.implementations);
    c.set("worker", services.worker);
    c.set("streams", services.streams);
    c.set("windows", services.windows);
    c.set("now", services.now ?? (() => new Date()));
    c.set("rateText", services.rateText);
    c.set("report", onError);
    c.set("operations", operations);
    await next();
  });
  app.use(compress());
  app.route("/", operationsRoutes);
  if (services.config.role === "worker") return app.all("*", (c) => c.text("This process answers no readers.\n", 404));
  // Before the check of forms: whatever is sent here, nothing is changed by it.
  app.route("/", apiRoutes);
  app.route("/", feedsRoutes);
  app.route("/", exportRoutes);
  app.route("/", bounceRoutes);
  app.route("/", unsubscribeRoutes);
  // The host alone: behind a proxy that speaks https, the scheme of our own address is not the browser's.
  app.use(csrf({ origin: (origin, c) => origin.replace(/^https?:\/\//, "") === c.req.header("host") }));
  app.use("/comments/*", bodyLimit({ maxSize: maxTextBytes }));
  app.use(async (c, next) => (c.req.path.startsWith("/comments") ? next() : shortBody(c, next)));

  app.route("/", assetRoutes);
  app.use(readSession);
  app.route("/", themeRoutes);
  app.route("/", programPages);
  app.route("/", adminRoutes);
  app.route("/", feedRoutes);
  app.route("/", searchRoutes);
  app.route("/", subscribeRoutes);
  app.route("/", signInRoutes);
  app.route("/", settingsRoutes);
  app.route("/", profileRoutes);
  app.route("/", voteRoutes);
  app.route("/", commentRoutes);
  app.route("/", moderationRoutes);
  app.route("/", outboxRoutes);
  app.route("/", submissionRoutes);
  app.route("/", forYouRoutes);
  app.route("/papers", paperRoutes);
  app.route("/runs", runRoutes);

  app.notFound((c) => (isForPrograms(c) ? problem(c, 404, "There is nothing at this address.") : renderNotFound(c)));
  app.onError((error, c) => {
    if (isForPrograms(c)) return problemOf(c, error, onError);
    if (error instanceof SignInNeededError) return renderSignInNeeded(c);
    if (error instanceof NotAllowedError) return renderNotAllowed(c, error);
    if (error instanceof HTTPException && error.status === 403) {
      return renderNotice(c, {
        status: 403,
        title: "This form came from elsewhere",
        text: "Only a form of this site can change something here. Open the page and send it from there.",
      });
    }
    if (error instanceof HTTPException && error.status === 400) {
      return renderNotice(c, {
        status: 400,
        title: "That could not be read",
        text: "What was sent is not a form of this site.",
      });
    }
    if (error instanceof HTTPException && error.status === 413) {
      return renderNotice(c, {
        status: 413,
        title: "That is too long",
        text: "No form here is as long as what was sent.",
      });
    }
    onError(error);
    return renderNotice(c, {
      status: 500,
      title: "Something broke here",
      text: "It is not your fault, and nothing that was running is lost. The server has written down what happened.",
    });
  });
  return app;
}

function renderForeignHost(c: Parameters<typeof renderNotice>[0]) {
  return renderNotice(c, {
    status: 403,
    title: "This address is not served",
    text: "The site does not go by this name. Its admin can add the name to OFFPRINT_HOSTS.",
  });
}
