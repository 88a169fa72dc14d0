"""The models that are served: the encoder, the index of questions and the classifier."""
