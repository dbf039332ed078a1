"""What Slack sends us over HTTP: presses of buttons, commands, and the end of an installation."""
