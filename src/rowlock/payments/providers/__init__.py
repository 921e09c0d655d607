"""The providers behind the port, one a module, and what makes asking them safe."""
