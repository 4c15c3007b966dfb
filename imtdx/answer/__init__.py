"""What is said about one case.

case           a panel weighed by the network: evidence, spine, posterior
contributions  weights of evidence, and the Bayes factor
conflict       do the findings go together, does the panel fit
flags          what a reader should not overlook: predicates for one case and a million; remarks: their words
reasons        the counts behind a finding
advice         what if, next tests
information    expected information of tests
stock          what the laboratory can do
workup         the search for a kinase fusion

Data flows from `case` upwards; nothing in here knows the model's API or the result that writers read.
"""
