import { Hono } from "hono";
import { formFields } from "./form.ts";
import { ownPath } from "./own-path.ts";
import { isTheme, rememberTheme } from "./theme.ts";

/** The switch between light, dark and the system's wish: a form, so that it works without script. */
export const themeRoutes = new Hono().post("/theme", async (c) => {
  const form = await formFields(c);
  if (isTheme(form["theme"])) rememberTheme(c, form["theme"]);
  return c.redirect(ownPath(form["from"], "/"), 303);
});
