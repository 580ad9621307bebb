"""The two equations of a task and their solution: the only room that turns a task into equations."""
