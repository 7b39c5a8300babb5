"""Real servers beside the control plane: what a chart's or a component's pods would run, as processes.

Each is started as its pods would start it. What has to differ is where things are: addresses and paths. The
modules say exactly what is translated, and tests compare everything else.
"""
