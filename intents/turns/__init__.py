"""What an utterance does to a call: is it over, is it a command, a reply, out of patience?"""
