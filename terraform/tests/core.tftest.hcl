# The plan of both environments with no provider behind it. Longer comparisons are in tests/terraform.

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

mock_provider "time" {}

variables {
  project_id   = "acme-workwright"
  alert_emails = ["operations@example.com"]
  bundles = {
    for name in ["api", "deploy", "execute-step", "forge-webhook", "notify", "notion-webhook", "oauth-callback", "plan", "sweep", "sync"] :
    name => "${name}/${sha256(name)}.zip"
  }
}

run "staging" {
  command = plan

  variables {
    environment = "staging"
  }

  assert {
    condition     = length(module.function) == 10 && length(module.queue) == 5 && length(module.schedule) == 2
    error_message = "Ten functions, a queue for each that gets commands, a schedule for each that the clock calls."
  }

  assert {
    condition     = length(module.runner) == 0 && length(google_storage_bucket.sites) == 0
    error_message = "Nothing is made that nobody asked for."
  }

  assert {
    condition     = !module.firestore.protected && !module.keys.protected
    error_message = "Staging can be destroyed."
  }

  assert {
    condition     = alltrue([for it in values(module.function) : it.config.min_instance_count == 0])
    error_message = "In staging nothing is kept warm."
  }
}

run "production" {
  command = plan

  variables {
    environment  = "production"
    alert_emails = ["ops@acme.example"]
  }

  assert {
    condition     = module.firestore.protected && module.keys.protected
    error_message = "Production keeps its data: the database, its backups, its key."
  }

  assert {
    condition     = [for name, it in module.function : name if it.config.min_instance_count > 0] == ["api", "notion-webhook", "oauth-callback"]
    error_message = "Kept warm is what somebody waits for."
  }

  assert {
    condition     = alltrue([for it in values(module.function) : it.config.timeout_seconds <= 600])
    error_message = "An attempt ends within the deadline of its task."
  }

  assert {
    condition     = alltrue([for it in values(module.function) : it.config.max_instance_request_concurrency == 1 || tonumber(it.config.available_cpu) >= 1])
    error_message = "Requests at once need a whole processor."
  }

  assert {
    condition     = alltrue([for name, it in module.function : it.config.ingress_settings == (contains(["api", "forge-webhook", "notion-webhook", "oauth-callback"], name) ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY")])
    error_message = "Only the doors take requests from outside."
  }

  assert {
    condition     = module.function["execute-step"].config.environment_variables["WORKWRIGHT_URL_NOTION_WEBHOOK"] == "https://notion-webhook-123456789012.europe-west1.run.app"
    error_message = "Functions know each other by addresses that follow from their names."
  }

  assert {
    condition     = alltrue([for name, it in module.function : it.config.environment_variables["THREADS"] == tostring(it.config.max_instance_request_concurrency)])
    error_message = "A server has a thread for each request at once."
  }

  assert {
    condition     = alltrue([for it in values(module.queue) : it.retries.max_attempts == -1 && it.retries.min_backoff == "10s" && it.retries.max_backoff == "300s"])
    error_message = "The functions count deliveries themselves; a queue comes again for as long as they ask it to."
  }

  assert {
    condition     = module.schedule["sweep"].target.oidc_token[0].audience == "https://sweep-123456789012.europe-west1.run.app" && module.schedule["sync"].target.oidc_token[0].audience == "https://sync-123456789012.europe-west1.run.app"
    error_message = "The scheduler's token is made for the function's own address, without a path."
  }
}

run "refused" {
  command = plan

  variables {
    environment       = "demo"
    runner_project_id = "acme-workwright"
    name              = "W"
    public_url        = "http://plain.example/path"
    bundles           = { api = "api/latest.zip" }
    settings          = { WORKWRIGHT_CRASH_AT = "x" }
    registries        = { npm = "https://npm.example" }
  }

  expect_failures = [
    var.environment,
    var.runner_project_id,
    var.name,
    var.public_url,
    var.bundles,
    var.settings,
    var.registries,
  ]
}

# All that can be asked for at once: a place to run code, sites, mail, every further setting.
run "everything" {
  command = plan

  variables {
    environment       = "staging"
    runner_project_id = "acme-workwright-runner"
    code_runner_image = "europe-west1-docker.pkg.dev/acme-workwright-runner/code-runner/code-runner@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    sites             = { bucket = true, url = "https://sites.example" }
    mail              = { region = "eu-central-1", sender = "Workwright <agent@workwright.example>", smtp = "smtps://mail.workwright.example:465" }
    registries = {
      npm   = "https://npm.example"
      pip   = "https://pip.example/simple"
      hosts = ["npm.example", "pip.example"]
    }
    settings = {
      OTEL_EXPORTER_OTLP_ENDPOINT  = "https://otlp.example"
      OTEL_METRICS_EXPORTER        = "otlp"
      OTEL_TRACES_EXPORTER         = "otlp"
      SENTRY_DSN                   = "https://sentry.example"
      SENTRY_ENVIRONMENT           = "staging"
      WORKWRIGHT_APPROVAL_S        = "86400"
      WORKWRIGHT_BACKOFF_S         = "2"
      WORKWRIGHT_COMPATIBLE_MODEL  = "llama"
      WORKWRIGHT_COMPATIBLE_PRICE  = "0/0"
      WORKWRIGHT_COMPATIBLE_URL    = "https://models.example/v1"
      WORKWRIGHT_COMPATIBLE_WINDOW = "32768"
      WORKWRIGHT_GATHER_S          = "2"
      WORKWRIGHT_GITHUB_URL        = "https://github.example"
      WORKWRIGHT_GITLAB_HOSTS      = "https://gitlab.example"
      WORKWRIGHT_GITLAB_URL        = "https://gitlab.example"
      WORKWRIGHT_HTTP_READ_S       = "65"
      WORKWRIGHT_LEASE_S           = "660"
      WORKWRIGHT_MODEL_LOCATION    = "eu"
      WORKWRIGHT_NOTION_RATE       = "600"
      WORKWRIGHT_SETTLE_S          = "70"
      WORKWRIGHT_WATCH_S           = "600"
    }
  }
}
