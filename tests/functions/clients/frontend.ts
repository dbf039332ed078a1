// What a page of somebody's own does with the API: compiled against types made of its description, run against a house.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };

const [url, key] = process.argv.slice(2) as [string, string];
const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });

type RunHead = components["schemas"]["RunHead"];

async function list(limit: number, group: "waiting" | "done"): Promise<RunHead[]> {
  const found: RunHead[] = [];
  let cursor = "";
  for (;;) {
    const query = { limit, group, ...(cursor ? { cursor } : {}) };
    const { data: page, error } = await api.GET("/v1/runs", { params: { query } });
    if (error) throw new Error(`${error.title}: ${error.way_out}`);
    found.push(...page.runs);
    if (page.next_cursor === null) return found;
    cursor = page.next_cursor;
  }
}

async function follow(): Promise<string[]> {
  const told: string[] = [];
  let query: NonNullable<paths["/v1/feed"]["get"]["parameters"]["query"]> = { begin: "start", limit: 1 };
  for (;;) {
    const feed: components["schemas"]["Feed"] | undefined = (await api.GET("/v1/feed", { params: { query } })).data;
    if (!feed) throw new Error("the feed does not answer");
    told.push(...feed.events.map((event) => `${event.run} ${event.what}`));
    if (!feed.more) return told;
    query = { cursor: feed.next_cursor, limit: 1 };
  }
}

const waiting = await list(1, "waiting");
const [first] = waiting;
if (!first) throw new Error("no run waits");
const run = first.id;
const { data: whole, response } = await api.GET("/v1/runs/{run}", { params: { path: { run } } });
const tag = response.headers.get("ETag") ?? "";
const again = await api.GET("/v1/runs/{run}", { params: { path: { run }, header: { "If-None-Match": tag } } });
const nobody = await api.GET("/v1/runs/{run}", { params: { path: { run: "run-nobody" } } });
const said = { params: { path: { run }, header: { "Idempotency-Key": "one-press" } }, body: { thumb: "up" as const } };
const once = await api.POST("/v1/runs/{run}/feedback", said);
const twice = await api.POST("/v1/runs/{run}/feedback", said);

console.log(
  JSON.stringify({
    waiting: waiting.map((each) => each.id),
    done: await list(50, "done"),
    steps: whole?.steps.map((step) => step.waits_for || step.status),
    again: again.response.status,
    nobody: [nobody.response.headers.get("Content-Type"), nobody.error?.status, nobody.error?.way_out],
    feedback: [once.response.status, twice.response.headers.get("Idempotency-Replayed")],
    told: await follow(),
  }),
);
