"""The bundled strategies: one plugin a module. They use the public API of `turnout` only."""
