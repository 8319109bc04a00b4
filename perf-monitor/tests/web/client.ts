// Asks a server what it knows, by a client that is typed by its description.
import createClient from "openapi-fetch";
import type { components, paths } from "./perfkit.js";

declare const process: { argv: string[] };

const [, , baseUrl, token] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

/** What was answered, or the problem as an error. */
function sure<T>(answer: { data?: T; error?: components["schemas"]["Problem"] }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.error?.status}: ${answer.error?.detail}`);
  }
  return answer.data;
}

const overview = sure(await client.GET("/api/v1/overview", { params: { query: { window: "start" } } }));
const table = sure(
  await client.GET("/api/v1/operations", {
    params: { query: { sort: "count", order: "desc", limit: 1, window: "start" } },
  }),
);
const first: components["schemas"]["Row"] | undefined = table.operations[0];
if (first === undefined) throw new Error("no operation");
const one = sure(
  await client.GET("/api/v1/operations/{name}", {
    params: { path: { name: first.name }, query: { window: "start" } },
  }),
);
const alerts = sure(await client.GET("/api/v1/alerts"));

const all: number = overview.calls.count;
const failed: number | undefined = one.calls?.outcomes.error;
const firing: string[] = alerts.firing.map((alert) => alert.rule);
const times: number[] = one.timeline.started_unix_ms;
if (times.length !== one.timeline.count.length) throw new Error("columns of different lengths");
console.log(
  `${all} calls, ${first.count} of ${one.name}, ${failed} failed; ${firing.join()} fires, ${alerts.pending.length} waits`,
);
