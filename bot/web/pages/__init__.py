"""The pages of the console, a file a subject. Each handler takes a Visit and answers; none asks who may see it."""
