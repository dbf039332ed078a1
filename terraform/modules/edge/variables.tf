variable "project_id" {
  description = "The project of the public functions."
  type        = string
}

variable "name" {
  description = "What the parts' names begin with."
  type        = string
}

variable "region" {
  description = "Region of the public functions."
  type        = string
}

variable "doors" {
  description = "The public doors by function: the host name each is reached under, and whether people or other systems call."
  type = map(object({
    host   = string
    caller = string
  }))

  validation {
    condition     = alltrue([for door in values(var.doors) : contains(["people", "systems"], door.caller)])
    error_message = "A door is called by people or by systems."
  }

  validation {
    condition     = length(distinct([for door in values(var.doors) : door.host])) == length(var.doors)
    error_message = "Each door needs a host name of its own: addresses are handed to the functions without a path."
  }
}

variable "front" {
  description = "The door that plain visitors of an unknown host are sent to."
  type        = string

  validation {
    condition     = contains(keys(var.doors), var.front)
    error_message = "The front is one of the doors."
  }
}

variable "dns_zone" {
  description = "Name of the Cloud DNS zone, in the same project, that holds the host names. Empty: an operator makes the records."
  type        = string
  default     = ""
}

variable "per_minute" {
  description = "Requests one address may send in a minute before it is answered 429, by who calls."
  type        = object({ people = number, systems = number })
  default     = { people = 300, systems = 3000 } # one address of a forge sends for all tenants
}

variable "blocked" {
  description = "Address ranges that get no answer but 403."
  type        = set(string)
  default     = []
}
