"""What waits: resources of the project's own provider ``trimaran``, and the program it runs as.

The engine starts ``provider/pulumi-resource-trimaran``, which runs ``python -m components.runs``.
A resource class (for the Pulumi program) and its handler (for the provider's process) stand side
by side in one file per noun; each cloud's are under ``components/<cloud>/runs``.
"""
