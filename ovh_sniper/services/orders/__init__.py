"""Orders as people see them: lists, story, spend, reasons; they are made in `ordering`."""
