/** @jsxRuntime automatic @jsxImportSource hono/jsx */

/** One field: for the feed, and for the page that says why an address was not understood. */
export function SubscribeForm({ email, problem }: { email?: string | undefined; problem?: string | undefined }) {
  return (
    <form method="post" action="/subscribe" class="subscribe" aria-labelledby="subscribe-name">
      <p class="subscribe-name" id="subscribe-name">
        Trending papers in your inbox
      </p>
      <div class="subscribe-row">
        <label>
          <span class="unseen">Mail address</span>
          <input
            type="email"
            name="email"
            value={email ?? ""}
            placeholder="you@example.org"
            required
            maxlength={254}
            autocomplete="email"
            autocapitalize="none"
            spellcheck={false}
            {...(problem === undefined ? {} : { "aria-invalid": "true", "aria-describedby": "subscribe-problem" })}
          />
        </label>
        <input type="hidden" name="timeZone" value="" data-time-zone />
        <button class="primary">Subscribe</button>
      </div>
      {problem !== undefined && (
        <p class="problems" id="subscribe-problem" role="alert">
          {problem}
        </p>
      )}
      <p class="quiet-text">
        The papers of the day, most votes first, on weekdays at 8 in the morning; or once a week, as you choose. One
        click ends it. <a href="/subscribe/preview">See an issue</a>
      </p>
    </form>
  );
}
