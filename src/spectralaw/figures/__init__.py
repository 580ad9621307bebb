"""Pictures: one file a figure, and the look they share. Needs the extra ``figures`` (matplotlib)."""
