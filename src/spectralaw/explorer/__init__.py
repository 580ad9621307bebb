"""The explorer: a page on this machine that shows theory, trainings, weights and curves while their settings move.

``spectralaw explore`` starts it. Nothing else imports this room, and nothing here is imported before the command runs:
the extra ``explorer`` (Dash, Plotly, Waitress) is needed.
"""
