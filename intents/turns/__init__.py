"""The effect of an utterance on a call: is it over, is it a command, a reply, out of patience?"""
