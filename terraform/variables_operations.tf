variable "alert_emails" {
  description = "Addresses that every alert is sent to."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", address))])
    error_message = "Give e-mail addresses."
  }

  validation {
    condition     = var.environment != "production" || length(var.alert_emails) + length(var.alert_channels) > 0
    error_message = "In production somebody has to be told: give alert_emails or alert_channels."
  }
}

variable "alert_channels" {
  description = "Notification channels made by hand, as for Slack or PagerDuty, whose tokens do not belong in the state: projects/P/notificationChannels/N."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for channel in var.alert_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))])
    error_message = "A channel is named projects/P/notificationChannels/N."
  }
}

variable "runbook_url" {
  description = "Where docs/guides/troubleshooting.md can be read, without #section; alerts lead there. Null: they name the file alone."
  type        = string
  default     = null
}

variable "billing_account" {
  description = "The billing account's id, for a budget; who applies needs roles/billing.costsManager on it. Null: no budget."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "A billing account looks like 012345-6789AB-CDEF01."
  }
}

variable "budget_projects" {
  description = "Numbers of further projects that the budget counts, as the code-runner's."
  type        = set(string)
  default     = []
}

variable "monthly_budget" {
  description = "What a month may cost before people are told, in whole units of the billing account's currency."
  type        = number
  default     = 100

  validation {
    condition     = var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "Give a whole number, 1 or more."
  }
}

variable "daily_model_usd" {
  description = "What all models together may cost in a day before people are told, in US dollars."
  type        = number
  default     = 20

  validation {
    condition     = var.daily_model_usd > 0
    error_message = "Give more than 0."
  }
}

variable "audit_locked" {
  description = "Whether the audit logs' retention can never be shortened again. Cannot be undone, not even by deleting the project at once."
  type        = bool
  default     = false
}

variable "edge" {
  description = "A load balancer with certificate and Cloud Armor before the public doors: the domain the API answers under (each other door is <function>.<domain>), the Cloud DNS zone that holds it if it is in this project, and address ranges to block. Null: the doors' own addresses."
  type = object({
    domain   = string
    dns_zone = optional(string, "")
    blocked  = optional(set(string), [])
  })
  default = null

  validation {
    condition     = var.edge == null || can(regex("^([a-z0-9-]+[.])+[a-z]{2,}$", var.edge.domain))
    error_message = "Give a domain like workwright.example.com."
  }

  validation {
    condition     = var.edge == null || var.public_url == ""
    error_message = "The edge's domain is the public address; leave public_url empty."
  }
}

variable "repository" {
  description = "The repository whose pushes are planned and applied, and whose pipeline may bring bundles. Null: everything is done by hand. The ids are the forge's numbers; connection is what Cloud Build calls the repository, empty without triggers."
  type = object({
    forge      = string
    id         = string
    owner_id   = string
    branch     = optional(string, "main")
    connection = optional(string, "")
  })
  default = null
}

variable "state_bucket" {
  description = "The bucket of this state, for the accounts of the pipeline. Empty: <project>-<name>-state."
  type        = string
  default     = ""
}
