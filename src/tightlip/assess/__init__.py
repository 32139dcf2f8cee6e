"""What observations amount to: verdicts, the scope decision, judging a host view by the rules."""
