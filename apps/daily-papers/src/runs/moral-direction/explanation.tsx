/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { GuidedPart, type GuidedAnswer } from "./guided.tsx";
import { RatingPart, type Rating } from "./rating.tsx";
import { StudyPart } from "./study.tsx";

/** How the method works, with the direction that comes along: phrases to rate, a model to guide, what people said. */
export function Explanation({
  paperPath,
  rating,
  guided,
}: {
  paperPath: string;
  rating: Rating;
  guided: GuidedAnswer;
}) {
  return (
    <>
      <section class="method" id="how" aria-labelledby="how-title">
        <div class="method-text">
          <h2 id="how-title">How it works</h2>
          <p>
            Ask whether one should <i>help</i>, <i>kill</i>, <i>wait</i>, in ten ways each, and let a sentence encoder
            turn the questions into points. The line along which these points differ most runs, for good encoders, from
            what texts blame to what they praise: the moral direction. How far a phrase lies along it is its score.
            While a language model writes, the same score decides which tokens may come next.
          </p>
        </div>
        <RatingPart rating={rating} action={paperPath} />
        <GuidedPart answer={guided} action={paperPath} />
        <StudyPart />
      </section>
    </>
  );
}
