variable "project_id" {
  description = "The project everything runs in."
  type        = string
}

variable "project_number" {
  description = "Its number: a budget is scoped by numbers, never by ids."
  type        = string
}

variable "region" {
  description = "Region of the functions and of the audit bucket."
  type        = string
}

variable "environment" {
  description = "staging or production; only part of what people read."
  type        = string
}

variable "functions" {
  description = "Names of all functions; their logs are what the metrics are made of."
  type        = set(string)
}

variable "doors" {
  description = "The public doors by function: the host that is probed, the path, and how slow 95 of 100 answers may be."
  type = map(object({
    host        = string
    path        = string
    p95_seconds = number
  }))
}

variable "queues" {
  description = "Names of the Cloud Tasks queues, with the length from which a queue is too long."
  type        = map(number)
}

variable "alert_emails" {
  description = "Addresses that every alert is sent to."
  type        = set(string)
}

variable "alert_channels" {
  description = "Names of notification channels made by hand (projects/P/notificationChannels/N): those that need a token, as for Slack or PagerDuty, are kept out of the state."
  type        = list(string)
  default     = []
}

variable "runbook_url" {
  description = "Where docs/guides/troubleshooting.md can be read, without #section; null names the file alone."
  type        = string
  default     = null
}

variable "billing_account" {
  description = "The billing account's id; null makes no budget (a budget needs rights on the account)."
  type        = string
  default     = null
}

variable "budget_projects" {
  description = "Numbers of further projects that the budget counts, as the code runner's."
  type        = set(string)
  default     = []
}

variable "monthly_budget" {
  description = "Whole units of the billing account's currency per month."
  type        = number
}

variable "daily_model_usd" {
  description = "US dollars that all models together may cost in a day before somebody is told."
  type        = number
}

variable "availability_goal" {
  description = "Share of requests at webhooks and API that must not end in an error of ours, over 28 days."
  type        = number
}

variable "plan_goal" {
  description = "Share of runs whose plan must be there within five minutes, over 28 days."
  type        = number
}

variable "log_retention_days" {
  description = "How long the functions' logs are kept."
  type        = number
}

variable "audit_retention_days" {
  description = "How long the audit logs are kept: who changed and read what, what was refused."
  type        = number
}

variable "audit_locked" {
  description = "Whether nobody can shorten the audit logs' retention any more. Cannot be undone."
  type        = bool
}

variable "deletion_policy" {
  description = "DELETE or PREVENT, for what holds records."
  type        = string
}
