variable "project_id" {
  description = "The project everything but the code-runner lives in. One project per environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id has 6 to 30 lower-case letters, digits and dashes, and begins with a letter."
  }
}

variable "runner_project_id" {
  description = "The project of the code-runner, in which nothing else lives. Empty: no code that nobody trusts is run."
  type        = string
  default     = ""

  validation {
    condition     = var.runner_project_id != var.project_id
    error_message = "The code-runner needs a project of its own: in this one its account would stand beside our tokens."
  }
}

variable "environment" {
  description = "Which environment this is. Production keeps its data and what people wait for warm; staging can be destroyed."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "Use staging or production."
  }
}

variable "region" {
  description = "Where functions, queues, keys and models are."
  type        = string
  default     = "europe-west1"
}

variable "firestore_location" {
  description = "Where the database is, for ever. Empty: the region. A multi-region such as eur3 costs twice as much."
  type        = string
  default     = ""
}

variable "name" {
  description = "What names begin with that must not meet others': buckets, the key ring, roles."
  type        = string
  default     = "workwright"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "Use 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "bundles" {
  description = "The release: function → object in the source bucket. `python terraform/bundle.py --out build` writes it."
  type        = map(string)

  validation {
    condition     = alltrue([for function, object in var.bundles : can(regex("^${function}/[0-9a-f]{64}\\.zip$", object))])
    error_message = "A bundle is named <function>/<sha256>.zip."
  }

  validation {
    condition     = length(setsubtract(keys(local.functions), keys(var.bundles))) == 0
    error_message = "The release lacks ${join(", ", setsubtract(keys(local.functions), keys(var.bundles)))}."
  }
}

variable "source_bucket" {
  description = "The bucket bundles are uploaded to; made by bootstrap/. Empty: <project>-<name>-source."
  type        = string
  default     = ""
}

variable "runtime" {
  description = "The Python of the functions; the one the tests ran on."
  type        = string
  default     = "python311"
}

variable "processors" {
  description = "Cloud Run's quota in the region, in processors (CpuAllocPerProjectRegion; of memory there are two GiB for each). New projects have 20; no function gets more instances than fit."
  type        = number
  default     = 20

  validation {
    condition     = var.processors >= 4 && floor(var.processors) == var.processors
    error_message = "Give a whole number, 4 or more."
  }
}

variable "public_url" {
  description = "Where people reach the API. Empty: the function's own address."
  type        = string
  default     = ""

  validation {
    condition     = var.public_url == "" || can(regex("^https://[^/]+$", var.public_url))
    error_message = "Give an address like https://workwright.example, without a path."
  }
}

variable "models" {
  description = "What the installation offers its teams, the preferred first (WORKWRIGHT_MODEL)."
  type        = list(string)
  default     = ["vertex", "offline"]
}

variable "mail" {
  description = "Whom mail comes from, and by what: Amazon SES in a region, or a mail server at an address like smtps://mail.example.com:465."
  type = object({
    sender = string
    region = optional(string, "")
    smtp   = optional(string, "")
  })
  default = null
}

variable "sites" {
  description = "Whether there is a bucket of Cloud Storage for tenants' sites, open to everybody, and the address it is seen under."
  type = object({
    bucket = bool
    url    = optional(string, "")
  })
  default = { bucket = false }
}

variable "settings" {
  description = "Further variables of the functions, by name: those of docs/reference/configuration.md that are given nowhere else."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.settings), local.tunable)) == 0
    error_message = "These can be set: ${join(", ", local.tunable)}."
  }
}

variable "code_runner_image" {
  description = "The image of the code-runner, by digest; built from functions/code-runner/Dockerfile."
  type        = string
  default     = ""

  validation {
    condition     = (var.code_runner_image == "") == (var.runner_project_id == "")
    error_message = "The project of the code-runner and its image go together."
  }

  validation {
    condition     = var.code_runner_image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.code_runner_image))
    error_message = "Name the image by its digest: <image>@sha256:<64 digits>."
  }
}

variable "registries" {
  description = "Registries of packages that the code-runner may reach: their addresses, and every host that files lie on. By default none."
  type = object({
    npm   = optional(string, "none")
    pip   = optional(string, "none")
    hosts = optional(list(string), [])
  })
  default = {}

  validation {
    condition     = (var.registries.npm == "none" && var.registries.pip == "none") == (length(var.registries.hosts) == 0)
    error_message = "A registry can be reached only when its hosts are named, and hosts are named only for registries."
  }
}
