/** @jsxRuntime automatic @jsxImportSource hono/jsx */
const places = [
  { href: "/admin", label: "Overview" },
  { href: "/admin/jobs", label: "Jobs" },
  { href: "/admin/people", label: "People" },
  { href: "/admin/mails", label: "Mails" },
  { href: "/moderation/queue", label: "Moderation" },
  { href: "/runs", label: "Runs" },
] as const;

/** The way from one page of the admin to the others. */
export function AdminPlaces({ here }: { here: string }) {
  return (
    <nav class="ways" aria-label="Administration">
      {places.map(({ href, label }) => (
        <a href={href} {...(href === here ? { "aria-current": "page" } : {})}>
          {label}
        </a>
      ))}
    </nav>
  );
}
