"""How a flow is drawn, checked while it is drawn, compared, and walked through before it is live."""
