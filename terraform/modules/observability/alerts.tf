# Alerts as data: what people read, how urgent it is, and the query (PromQL) that raises it while it returns anything.
# The key of each is the heading of its section in docs/guides/troubleshooting.md (with dashes for spaces); a test compares both lists.
#
# Queries are not checked against existing metrics (disable_metric_validation): a log-based metric is not known for some
# minutes after it was made, and the first apply makes it together with its alert.

locals {
  s = local.series

  alerts = {
    runs-fail = {
      what     = "Too many runs fail"
      when     = "more than a fifth of at least 5 runs failed within an hour"
      severity = "ERROR"
      query = join(" and ", [
        "sum(increase(${local.s.runs_ended}{${local.from_functions},status=\"failed\"}[1h])) / sum(increase(${local.s.runs_ended}{${local.from_functions}}[1h])) > 0.2",
        "sum(increase(${local.s.runs_ended}{${local.from_functions}}[1h])) >= 5",
      ])
    }
    steps-fail = {
      what     = "One kind of step keeps failing"
      when     = "more than a third of at least 10 attempts of one kind failed within 30 minutes"
      severity = "WARNING"
      query = join(" and ", [
        "sum by (kind) (increase(${local.s.steps_ended}{${local.from_functions},outcome=~\"failed|lost|undo_failed\"}[30m])) / sum by (kind) (increase(${local.s.steps_ended}{${local.from_functions}}[30m])) > 0.34",
        "sum by (kind) (increase(${local.s.steps_ended}{${local.from_functions}}[30m])) >= 10",
      ])
    }
    runs-are-stuck = {
      what     = "Runs stand still although nothing holds them"
      when     = "at least one run within 15 minutes"
      severity = "ERROR"
      query    = "sum(increase(${local.s.runs_stuck}{${local.from_functions}}[15m])) > 0"
    }
    dead-letters = {
      what     = "Commands were put aside"
      when     = "at least one command within 10 minutes"
      severity = "ERROR"
      query    = "sum by (command) (increase(${local.s.dead_letters}{${local.from_functions}}[10m])) > 0"
    }
    models-fail = {
      what     = "A model keeps failing"
      when     = "more than a third of at least 10 calls within 30 minutes"
      severity = "WARNING"
      query = join(" and ", [
        "sum by (model) (increase(${local.s.model_failures}{${local.from_functions}}[30m])) / sum by (model) (increase(${local.s.model_calls}{${local.from_functions}}[30m])) > 0.34",
        "sum by (model) (increase(${local.s.model_calls}{${local.from_functions}}[30m])) >= 10",
      ])
    }
    models-cost-too-much = {
      what     = "Models cost more than planned"
      when     = "the day's limit within 24 hours, or a quarter of it within one"
      severity = "WARNING"
      query = join(" or ", [
        "sum(increase(${local.s.model_cost}_sum{${local.from_functions}}[24h])) / 1000000 > ${var.daily_model_usd}",
        "sum(increase(${local.s.model_cost}_sum{${local.from_functions}}[1h])) / 1000000 > ${var.daily_model_usd / 4}",
      ])
    }
    budgets-stop-work = {
      what     = "Budgets stop many runs"
      when     = "more than 5 stops in one scope within an hour"
      severity = "WARNING"
      query    = "sum by (scope) (increase(${local.s.budgets_exceeded}{${local.from_functions}}[1h])) > 5"
    }
    security-refusals = {
      what     = "Something was refused that must not happen"
      when     = "a foreign tenant, or an unknown caller behind the platform's own check, within 10 minutes"
      severity = "CRITICAL"
      query = join(" or ", [
        "sum by (what) (increase(${local.s.security_refusals}{${local.from_functions},what=\"tenant\"}[10m])) > 0",
        "sum by (service_name) (increase(${local.s.security_refusals}{${local.from_functions},what=\"caller\",service_name!~\"${join("|", sort(keys(var.doors)))}\"}[10m])) > 0",
      ])
    }
    code-is-not-run = {
      what     = "There is no safe place to run code"
      when     = "at least one step within 15 minutes"
      severity = "WARNING"
      query    = "sum(increase(${local.s.security_refusals}{${local.from_functions},what=\"sandbox\"}[15m])) > 0"
    }
    leaks-are-held-back = {
      what     = "Secrets were about to leave"
      when     = "at least one within 15 minutes"
      severity = "WARNING"
      query    = "sum(increase(${local.s.security_refusals}{${local.from_functions},what=\"leak\"}[15m])) > 0"
    }
    people-are-not-reached = {
      what     = "A message reached nobody"
      when     = "at least one within 15 minutes"
      severity = "WARNING"
      query    = "sum by (topic) (increase(${local.s.people_unreached}{${local.from_functions}}[15m])) > 0"
    }
    callers-are-refused = {
      what     = "Many callers without valid keys"
      when     = "more than 100 at one public door within 10 minutes"
      severity = "WARNING"
      query    = "sum by (service_name) (increase(${local.s.security_refusals}{${local.at_doors},what=\"caller\"}[10m])) > 100"
    }
    signatures-fail = {
      what     = "Webhooks arrive with wrong signatures"
      when     = "more than 20 within 10 minutes"
      severity = "WARNING"
      query    = "sum(increase(${local.s.security_refusals}{${local.from_functions},what=\"signature\"}[10m])) > 20"
    }
    requests-crash = {
      what     = "A bug stops requests"
      when     = "at least one within 15 minutes"
      severity = "ERROR"
      query    = "sum by (service_name, error) (increase(${local.s.crashes}{${local.from_functions}}[15m])) > 0"
    }
    doors-answer-with-errors = {
      what     = "A public door answers with errors"
      when     = "more than 5 of 100 answers, and at least 5, within 10 minutes"
      severity = "ERROR"
      query = join(" and ", [
        "sum by (service_name) (increase(${local.requests}{${local.at_doors},response_code_class=\"5xx\"}[10m])) / sum by (service_name) (increase(${local.requests}{${local.at_doors}}[10m])) > 0.05",
        "sum by (service_name) (increase(${local.requests}{${local.at_doors},response_code_class=\"5xx\"}[10m])) >= 5",
      ])
    }
    doors-are-slow = {
      what     = "A public door is slow"
      when     = "5 of 100 answers take longer than the door may, for 10 minutes"
      severity = "WARNING"
      "for"    = "600s"
      query = join(" or ", [for name, door in var.doors :
        "histogram_quantile(0.95, sum by (service_name, le) (rate(${local.latencies}_bucket{${local.from_functions},service_name=\"${name}\"}[10m]))) > ${door.p95_seconds * 1000}"
      ])
    }
    no-instance-is-free = {
      what     = "The platform sends requests away"
      when     = "more than 3 within 10 minutes"
      severity = "ERROR"
      query    = "sum by (service_name) (increase(${local.s.no_instance}{${local.from_functions}}[10m])) > 3"
    }
    memory-runs-out = {
      what     = "A function nearly uses up its memory"
      when     = "the fullest instances have less than a tenth left for 15 minutes"
      severity = "WARNING"
      "for"    = "900s"
      query    = "histogram_quantile(0.99, sum by (service_name, le) (rate(${local.memory}_bucket{${local.at_functions}}[10m]))) > 0.9"
    }
    queues-are-long = {
      what     = "A queue is too long"
      when     = "more tasks than the queue's limit for 10 minutes"
      severity = "ERROR"
      "for"    = "600s"
      query = join(" or ", [for name, longest in var.queues :
        "max by (queue_id) (${local.depth}{${local.in_queue},queue_id=\"${name}\"}) > ${longest}"
      ])
    }
    queues-are-late = {
      what     = "Tasks begin too late"
      when     = "5 of 100 tasks begin more than 5 minutes after they are due, for 10 minutes"
      severity = "ERROR"
      "for"    = "600s"
      query    = "histogram_quantile(0.95, sum by (queue_id, le) (rate(${local.delays}_bucket{${local.in_queue},queue_id=~\"${join("|", sort(keys(var.queues)))}\"}[10m]))) > 300000"
    }
    commands-are-not-handed-over = {
      what     = "Commands that are committed do not reach their queue"
      when     = "the oldest has waited more than 5 minutes"
      severity = "ERROR"
      query    = "histogram_quantile(0.95, sum by (le) (increase(${local.s.outbox_seconds}_bucket{${local.from_functions}}[10m]))) > 300"
    }
    scheduler-fails = {
      what     = "The scheduler's calls fail"
      when     = "more than 2 of one job within 15 minutes"
      severity = "ERROR"
      query    = "sum by (job_id) (increase(${local.s.scheduler_failures}{${local.from_schedulers}}[15m])) > 2"
    }
    nothing-is-swept = {
      what     = "The sweep has been silent"
      when     = "no round within 15 minutes"
      severity = "CRITICAL"
      query    = "absent_over_time(${local.s.sweeps}{${local.from_functions}}[15m])"
    }
    firestore-refuses = {
      what     = "Firestore refuses what we ask"
      when     = "more than 30 refusals of one kind within 10 minutes"
      severity = "ERROR"
      query    = "sum by (response_code) (increase(${local.firestore}{${local.in_database},response_code=~\"${join("|", local.not_ours)}\"}[10m])) > 30"
    }
  }

  # metrics of the platform
  requests  = "run_googleapis_com:request_count"
  latencies = "run_googleapis_com:request_latencies" # milliseconds
  memory    = "run_googleapis_com:container_memory_utilizations"
  instances = "run_googleapis_com:container_instance_count"
  depth     = "cloudtasks_googleapis_com:queue_depth"
  delays    = "cloudtasks_googleapis_com:queue_task_attempt_delays" # milliseconds after the time a task is due
  attempts  = "cloudtasks_googleapis_com:queue_task_attempt_count"

  firestore           = "firestore_googleapis_com:api_request_count"
  firestore_latencies = "firestore_googleapis_com:api_request_latencies" # seconds
  documents_read      = "firestore_googleapis_com:document_read_ops_count"
  documents_written   = "firestore_googleapis_com:document_write_ops_count"

  at_doors     = "${local.from_functions},service_name=~\"${join("|", sort(keys(var.doors)))}\""
  at_functions = "${local.from_functions},service_name=~\"${join("|", sort(var.functions))}\""
  in_queue     = "monitored_resource=\"cloud_tasks_queue\""
  in_database  = "monitored_resource=\"firestore.googleapis.com/Database\""

  # not found, exists already and precondition failed are answers that the code asks for
  not_ours = ["DEADLINE_EXCEEDED", "INTERNAL", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAVAILABLE"]

  email_channels = [for address in sort(var.alert_emails) : google_monitoring_notification_channel.email[address].name]
  channels       = concat(local.email_channels, var.alert_channels)

  sections = { for key in concat(keys(local.alerts), keys(local.burns), ["doors-do-not-answer"]) : key => join(" ", compact([
    "See docs/guides/troubleshooting.md, section \"${key}\".",
    var.runbook_url == null ? "" : "${var.runbook_url}#${key}",
  ])) }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  project      = var.project_id
  display_name = "Workwright ${var.environment}: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_monitoring_alert_policy" "query" {
  for_each = local.alerts

  project               = var.project_id
  display_name          = "Workwright ${var.environment}: ${each.value.what}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = { runbook = each.key }

  conditions {
    display_name = each.value.when
    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = try(each.value.for, "0s")
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Workwright ${var.environment}: ${each.value.what}"
    content   = "${each.value.what}: ${each.value.when}. ${local.sections[each.key]}"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_logging_metric.event, google_logging_metric.platform]
}
