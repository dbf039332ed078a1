"""The addresses of a run: what people read of it, decide about it, and say to it."""

from __future__ import annotations

from shared.app.api.json_shapes import choice, number, shape, text
from shared.app.api.pages import rollback_page
from shared.app.api.route import REASON, Route
from shared.app.api.run import attempts, contexts, feed, open_run, plans, run_figures, run_list, run_steps, runs
from shared.app.api.run import run_versions as work
from shared.app.api.settings import feedback

RUN_ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/v1/runs", "runs.read", run_list.list_runs, "List runs, newest first", "Runs", errors=(404,),
        query=run_list.LIST_QUERY,
    ),
    Route(
        "POST", "/v1/runs", "runs.open", open_run.open_run, "Open a run for a page, or for a text", "Run",
        body=open_run.OPEN, errors=(404, 409), goes_on=True,
    ),
    Route(
        "GET", "/v1/feed", "runs.read", feed.show_feed, "Get what has happened to the team's runs since", "Feed",
        errors=(404,), query=feed.FEED_QUERY,
    ),
    Route(
        "GET", "/v1/statistics", "usage.read", run_figures.show_statistics,
        "Get success rates, durations and cost by week and kind", "Statistics", query=run_figures.STATISTICS_QUERY,
    ),
    Route("GET", "/v1/runs/{run}", "runs.read", runs.show_run, "Get a run", "Run"),
    Route(
        "GET", "/v1/runs/{run}/events", "runs.read", runs.list_events, "List a run's events, in order", "Events",
        query={"after": number(0, 1_000_000_000, 0), "limit": number(1, 1000, 200)},
    ),
    Route(
        "GET", "/v1/runs/{run}/attempts", "runs.read", attempts.show_attempts,
        "Get when each attempt of a run's steps began and ended", "Attempts",
    ),
    Route(
        "GET", "/v1/runs/{run}/context/{step}", "contexts.read", contexts.show_context,
        "Get what a step sent to a model", "Context",
    ),
    Route(
        "GET", "/v1/runs/{run}/steps/{step}", "runs.read", run_steps.show_step,
        "Get a step with its input and output, without secrets", "StepInFull",
    ),
    Route(
        "GET", "/v1/runs/{run}/writes", "runs.read", run_steps.list_step_writes,
        "List what a run wrote in other systems, with the results", "Writes", query=run_steps.WRITES_QUERY,
    ),
    Route("GET", "/v1/runs/{run}/work", "runs.read", work.list_work, "List the versions of a run's work", "Work"),
    Route(
        "GET", "/v1/runs/{run}/work/{n}", "runs.read", work.show_work,
        "Get one version: its diff, its files and its test report", "WorkVersion", query=work.SINCE,
    ),
    Route(
        "GET", "/v1/runs/{run}/work/{n}/file", "runs.read", work.show_file, "Get one file of a version", "WorkFile",
        query=work.ONE_FILE,
    ),
    Route(
        "POST", "/v1/runs/{run}/work/{n}/restore", "runs.decide", work.restore_work,
        "Make an earlier version of a run's work the newest one", "Run", body=shape(), errors=(409,), goes_on=True,
    ),
    Route("GET", "/v1/runs/{run}/plan", "runs.read", plans.show_plan, "Get a run's current plan in full", "Plan"),
    Route(
        "POST", "/v1/runs/{run}/approve", "runs.decide", runs.approve, "Approve what a run asks", "Run", errors=(409,),
        body=shape(plan_hash=text("^[0-9a-f]{64}$", what="The hash that the pending approval names.")),
    ),
    Route(
        "POST", "/v1/runs/{run}/deny", "runs.decide", runs.deny, "Deny what a run asks; it ends", "Run", errors=(409,),
        body=shape(reason=REASON),
    ),
    Route(
        "POST", "/v1/runs/{run}/rework", "runs.decide", runs.rework, "Have the waiting work done differently", "Run",
        body=shape(wish=text("^(?s:.*\\S.*)$", max_length=2000), required=("wish",)), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/answer", "runs.decide", runs.answer, "Answer a run's question in words", "Run",
        body=shape(text=text("^(?s:.*\\S.*)$", max_length=2000), required=("text",)), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/cancel", "runs.steer", runs.cancel, "Stop a run and undo what can be undone", "Run",
        body=shape(reason=REASON, force={"type": "boolean", "default": False}), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/pause", "runs.steer", runs.pause, "Let a run stand still until it is resumed", "Run",
        body=shape(reason=REASON), errors=(409,),
    ),
    Route("POST", "/v1/runs/{run}/resume", "runs.steer", runs.resume, "Let a paused run go on", "Run", errors=(409,)),
    Route(
        "POST", "/v1/runs/{run}/retry", "runs.steer", runs.retry, "Retry a run that failed or was cancelled, once",
        "Run", body=shape(from_start={"type": "boolean", "default": False}), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/rollback", "runs.decide", rollback_page.rollback,
        "Roll back what a run put live, once", "Run", body=shape(), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/feedback", "feedback.give", feedback.give_feedback, "Say what you think of a run",
        "Feedback", body=shape(thumb=choice("up", "down"), text=REASON, required=("thumb",)), status=201,
    ),
)  # fmt: skip
