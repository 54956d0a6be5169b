"""How soon a widget is drawn after its slider moves."""
