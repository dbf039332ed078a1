locals {
  # Variables of the code that are given only where somebody asks for them, by `settings`. README.md says what they mean.
  tunable = ["WORKWRIGHT_NOTION_RATE"]
}
