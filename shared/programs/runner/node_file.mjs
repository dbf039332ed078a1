import { run } from "node:test";
import { writeSync } from "node:fs";
import { join } from "node:path";

const [root, name, channel] = process.argv.slice(1);
const file = join(root, name);
const path = [];
let told = 0;
process.execArgv.length = 0;  // else the file's own process would be handed this program
const tell = (line) => writeSync(Number(channel), JSON.stringify(line) + String.fromCharCode(10));
const words = (error) => String(error?.cause?.stack ?? error?.cause ?? error?.stack ?? error ?? "").slice(-2000);

function outcome(type, data) {
  if (data.skip !== undefined || data.todo !== undefined) return "skipped";
  return type === "test:pass" ? "passed" : "failed";
}

for await (const { type, data } of run({ files: [file], concurrency: 1 })) {
  if (type === "test:start") path.splice(data.nesting, Infinity, data.name);
  if (type !== "test:pass" && type !== "test:fail") continue;
  path.splice(data.nesting, Infinity, data.name);
  const detail = type === "test:fail" ? words(data.details.error) : "";
  if (data.nesting === 0 && [file, name].includes(data.name)) {  // the file as a whole, not a test of it
    if (type === "test:fail") tell({ id: "the file", outcome: "error", detail, outside: true });
  } else if (data.details.type === "suite") {
    const own = type === "test:fail" && data.details.error?.failureType !== "subtestsFailed";
    if (own) tell({ id: path.join(" > "), outcome: "error", detail, outside: true });
    else if (data.skip !== undefined) tell({ id: path.join(" > "), outcome: "skipped", detail, outside: true });
  } else {
    told += 1;
    tell({ id: path.join(" > "), outcome: outcome(type, data), detail });
  }
}
tell({ done: told });
process.exitCode = 0;  // what failed is in the lines; a status says that this program itself came to its end
