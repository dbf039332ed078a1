// Uses that the types have to refuse, each alone: a line that a compiler takes is one that nobody would be warned of.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const api = createClient<paths>({ baseUrl: "" });
await api.GET("/v1/rums"); // refused: address
await api.GET("/v1/runs/{run}"); // refused: the run
await api.GET("/v1/runs", { params: { query: { group: "finished" } } }); // refused: group
await api.POST("/v1/runs/{run}/feedback", { params: { path: { run: "run-1" } }, body: { thumb: "sideways" } }); // refused: thumb
await api.DELETE("/v1/runs/{run}", { params: { path: { run: "run-1" } } }); // refused: method
(await api.GET("/v1/runs")).data?.runs[0]?.titel; // refused: field
const head: components["schemas"]["RunHead"] = { id: "run-1" }; // refused: all of its fields
export default head;
