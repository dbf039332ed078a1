# What the functions say in their logs, counted. Each line of ours carries `event`; a metric counts the lines of one event,
# or gathers one number of them. Labels are few and of a known set: never a tenant, a run or a page.
#
# Metrics are made of all lines that arrive, whatever sinks keep of them.

locals {
  ours = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=(${join(" OR ", [for name in sort(var.functions) : "\"${name}\""])})",
  ])

  # seconds; 300 is a boundary because "a plan within five minutes" is measured at it
  seconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400, 259200]
  powers  = [for n in range(0, 16) : pow(4, n)]

  # event: whose lines · only: which of them · labels: fields that tell apart · value: the number gathered; without one lines are
  # counted
  metrics = {
    runs_opened       = { event = "run.opened", what = "Runs that were opened" }
    runs_ended        = { event = "run.ended", what = "Runs that ended", labels = ["status"] }
    run_seconds       = { event = "run.ended", what = "From opening to end", labels = ["status"], value = "duration_s", unit = "s", bounds = local.seconds }
    run_cost          = { event = "run.ended", what = "Model cost of a run, in millionths of a US dollar", labels = ["status"], value = "cost_micros", unit = "1", bounds = local.powers }
    plan_seconds      = { event = "run.planned", what = "From the opening of a run to its plan", value = "duration_s", unit = "s", bounds = local.seconds }
    runs_stuck        = { event = "run.stuck", what = "Attempts that only the clock found out about" }
    steps_ended       = { event = "step.ended", what = "Attempts of steps that ended", labels = ["kind", "outcome"] }
    step_seconds      = { event = "step.ended", what = "How long an attempt took", labels = ["kind"], value = "duration_s", unit = "s", bounds = local.seconds }
    model_calls       = { event = "model.called", what = "Calls of models", labels = ["model", "agent_class"] }
    model_failures    = { event = "model.called", what = "Calls of models that failed", labels = ["model", "error"], only = "jsonPayload.error:*" }
    model_seconds     = { event = "model.called", what = "How long a model took to answer", labels = ["model"], value = "duration_s", unit = "s", bounds = local.seconds }
    model_input       = { event = "model.called", what = "Tokens sent to models", labels = ["model"], value = "input_tokens", unit = "1", bounds = local.powers }
    model_output      = { event = "model.called", what = "Tokens written by models", labels = ["model"], value = "output_tokens", unit = "1", bounds = local.powers }
    model_cost        = { event = "model.called", what = "Cost of models, in millionths of a US dollar", labels = ["model", "agent_class"], value = "cost_micros", unit = "1", bounds = local.powers }
    dead_letters      = { event = "command.buried", what = "Commands put aside after eight deliveries", labels = ["command"] }
    budgets_exceeded  = { event = "budget.exceeded", what = "Budgets that stopped something", labels = ["scope"] }
    security_refusals = { event = "security.refused", what = "What was refused because it looked like an attack", labels = ["what"] }
    people_unreached  = { event = "people.unreached", what = "Messages that reached nobody", labels = ["topic"] }
    crashes           = { event = "request.crashed", what = "Bugs that stopped a request", labels = ["error"] }
    requests_served   = { event = "request.served", what = "Requests by what the functions answered", labels = ["function", "status"] }
    sweeps            = { event = "sweep.done", what = "Rounds of the sweep" }
    outbox_seconds    = { event = "sweep.done", what = "Age of the oldest command that was not handed to its queue", value = "oldest_outbox_s", unit = "s", bounds = local.seconds }
    runs_waiting      = { event = "sweep.done", what = "Runs that were looked at and had to wait on", value = "waiting", unit = "1", bounds = local.powers }
  }

  # what the platform writes, not we
  platform_metrics = {
    scheduler_failures = {
      what   = "Calls of the scheduler that did not end in 2xx"
      filter = "resource.type=\"cloud_scheduler_job\" AND severity>=ERROR"
    }
    no_instance = {
      what   = "Requests the platform sent away because no instance was free"
      filter = "${local.ours} AND textPayload:\"no available instance\""
    }
  }

  metric_prefix = "workwright"

  # the same names as PromQL has them: first slash to a colon, everything else to an underscore
  series          = { for name, _ in merge(local.metrics, local.platform_metrics) : name => "logging_googleapis_com:user_${local.metric_prefix}_${name}" }
  from_functions  = "monitored_resource=\"cloud_run_revision\""
  from_schedulers = "monitored_resource=\"cloud_scheduler_job\""
}

resource "google_logging_metric" "event" {
  for_each = local.metrics

  project         = var.project_id
  name            = "${local.metric_prefix}/${each.key}"
  description     = each.value.what
  filter          = "${local.ours} AND jsonPayload.event=\"${each.value.event}\"${can(each.value.only) ? " AND ${each.value.only}" : ""}${can(each.value.value) ? " AND jsonPayload.${each.value.value}>=0" : ""}"
  value_extractor = can(each.value.value) ? "EXTRACT(jsonPayload.${each.value.value})" : null

  label_extractors = { for label in try(each.value.labels, []) : label => "EXTRACT(jsonPayload.${label})" }

  metric_descriptor {
    display_name = each.value.what
    metric_kind  = "DELTA"
    value_type   = can(each.value.value) ? "DISTRIBUTION" : "INT64"
    unit         = try(each.value.unit, "1")

    dynamic "labels" {
      for_each = toset(try(each.value.labels, []))
      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = can(each.value.bounds) ? [each.value.bounds] : []
    content {
      explicit_buckets {
        bounds = bucket_options.value
      }
    }
  }
}

resource "google_logging_metric" "platform" {
  for_each = local.platform_metrics

  project     = var.project_id
  name        = "${local.metric_prefix}/${each.key}"
  description = each.value.what
  filter      = each.value.filter

  metric_descriptor {
    display_name = each.value.what
    metric_kind  = "DELTA"
    value_type   = "INT64"
    unit         = "1"
  }
}
