"""The resources as typed models, their rules, and the CRDs made from them."""
