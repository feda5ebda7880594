"""The Helm chart `yeoul`, and where its values are defined.

options     the values as models: names, defaults, checks, and what they mean
generate    writes what is derived from them: values.yaml, the schema, the reference
strimzi     writes `manifests/strimzi`, which is what the chart makes for Strimzi
"""
