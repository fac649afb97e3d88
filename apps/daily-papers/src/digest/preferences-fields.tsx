/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { timeZones } from "./due-time.ts";
import type { Preferences } from "./subscriber.ts";

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const hours = Array.from({ length: 24 }, (_, hour) => hour);

/** The fields of a form for what a subscriber gets. */
export function PreferencesFields({ preferences }: { preferences: Preferences }) {
  const { frequency, weekday, hour, timeZone, topics, leastVotes } = preferences;
  const zones = timeZones.includes(timeZone) ? timeZones : [timeZone, ...timeZones];
  return (
    <>
      <label>
        How often
        <select name="frequency">
          <option value="daily" selected={frequency === "daily"}>
            On weekdays
          </option>
          <option value="weekly" selected={frequency === "weekly"}>
            Once a week
          </option>
        </select>
      </label>
      <label>
        Day of the weekly issue
        <select name="weekday">
          {weekdays.map((name, index) => (
            <option value={String(index + 1)} selected={weekday === index + 1}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Hour
        <select name="hour">
          {hours.map((each) => (
            <option value={String(each)} selected={hour === each}>
              {`${String(each).padStart(2, "0")}:00`}
            </option>
          ))}
        </select>
      </label>
      <label>
        Time zone
        <select name="timeZone">
          {zones.map((zone) => (
            <option value={zone} selected={zone === timeZone}>
              {zone.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      </label>
      <label>
        Topics, with commas between them
        <input
          name="topics"
          value={topics.join(", ")}
          maxlength={300}
          autocomplete="off"
          aria-describedby="topics-help"
        />
      </label>
      <p class="quiet-text" id="topics-help">
        Words of titles and abstracts, or arXiv categories such as cs.CL. Empty means every paper.
      </p>
      <label>
        Only papers with at least so many votes
        <input name="leastVotes" value={String(leastVotes)} inputmode="numeric" pattern="[0-9]{1,4}" required />
      </label>
    </>
  );
}
