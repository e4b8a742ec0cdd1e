// Reporter of node:test: a line per check, as `run` counts them.
import { inspect } from "node:util";

export default async function* lines(events) {
  for await (const { type, data } of events) {
    if (type === "test:stderr" || type === "test:stdout") yield `    ${data.message}`;
    if (type !== "test:pass" && type !== "test:fail") continue;
    yield `${type === "test:pass" ? "ok" : "not ok"} - js: ${data.name}\n`;
    if (type === "test:fail") {
      const { cause } = data.details.error;
      yield `${cause?.message ?? inspect(data.details.error)}\n`.replace(/^/gm, "    ").trimEnd() + "\n";
    }
  }
}
