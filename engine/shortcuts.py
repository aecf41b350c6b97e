"""Ways around what Rasa does at every message and we do not need. Each gives what Rasa would have given."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy
from in_order import InOrder
from scipy.sparse import csr_matrix

SENTENCE_ONLY = {
    "NLUMessageConverter",
    "WhitespaceTokenizer",
    "RegexFeaturizer",
    "CountVectorsFeaturizer",
    "LogisticRegressionClassifier",
    "FallbackClassifier",
    "RegexMessageHandler",
    "DomainProvider",
    "RuleOnlyDataProvider",
    "RulePolicy",
    "DefaultPolicyPredictionEnsemble",
}
"""Parts of a model that read features of the whole text at most, never those of each word."""


def take(processor: Any) -> None:
    """Make a loaded model's ``MessageProcessor`` go the short ways, in this process."""
    from rasa.core.actions.action import RemoteAction
    from rasa.shared.core.slots import Slot
    from rasa.shared.utils import common

    runner = processor.graph_runner
    # A validator of the answer's whole schema is built at every action call. The answer comes from our application.
    RemoteAction._validate_action_result = lambda _self, result: is_action_result(result)
    # The whole domain is written out and compared at every message; `rasa data validate` has looked once.
    processor._check_for_unseen_features = lambda _parsed: None
    # All slots are copied several times a turn.
    Slot.__copy__ = copied
    common.all_subclasses = lru_cache(maxsize=None)(common.all_subclasses)
    if all(part.uses.__name__ in SENTENCE_ONLY for part in runner._graph_schema.nodes.values()):
        shorten_understanding(runner._instantiated_nodes.values())
    processor.graph_runner = InOrder(runner)


def is_action_result(result: Any) -> bool:
    """Raises ValueError for what is not ``{"events": [...], "responses": [...]}``."""
    if not isinstance(result, dict) or not all(isinstance(result.get(k), list) for k in ("events", "responses")):
        raise ValueError("an action's answer is no list of events and of responses")
    return True


def copied(slot: Any) -> Any:
    """What ``copy.copy`` gives, without asking how the object would be pickled."""
    twin = object.__new__(type(slot))
    twin.__dict__.update(slot.__dict__)
    return twin


def shorten_understanding(nodes: Any) -> None:
    """Featurize the whole text only, and put the features side by side without four sparse matrices in between."""
    from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
    from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer

    slowly = LogisticRegressionClassifier._create_X

    def create_x(classifier: Any, messages: list[Any]) -> Any:
        rows = [_row(message) for message in messages]
        return rows[0] if len(rows) == 1 and rows[0] is not None else slowly(classifier, messages)

    LogisticRegressionClassifier._create_X = create_x
    CountVectorsFeaturizer._create_features = _whole_text_only
    for node in nodes:
        if isinstance(node._component, LogisticRegressionClassifier):
            # Multiplied with it transposed: in the other order all of it is copied at every message.
            node._component.clf.coef_ = numpy.asfortranarray(node._component.clf.coef_)


def _row(message: Any) -> Any:
    """The text's sparse features side by side, as one row; None where that is not all there is."""
    from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT

    features = [f for f in message.features if f.attribute == TEXT and f.type == FEATURE_TYPE_SENTENCE]
    if not features or not all(f.is_sparse() and f.features.shape[0] == 1 for f in features):
        return None
    parts = [f.features.tocoo() for f in features]
    starts = numpy.cumsum([0, *(part.shape[1] for part in parts)])
    columns = numpy.concatenate([part.col + start for part, start in zip(parts, starts, strict=False)])
    values = numpy.concatenate([part.data for part in parts])
    row = csr_matrix((values, columns, [0, len(values)]), shape=(1, starts[-1]))
    row.sum_duplicates()
    return row


def _whole_text_only(self: Any, attribute: str, all_tokens: list[list[str]]) -> tuple[list[Any], list[Any]]:
    """As ``CountVectorsFeaturizer._create_features``, without a row for each word."""
    from rasa.nlu.constants import DENSE_FEATURIZABLE_ATTRIBUTES

    sentences: list[Any] = []
    for tokens in all_tokens:
        if not tokens or not self.vectorizers.get(attribute) or attribute not in DENSE_FEATURIZABLE_ATTRIBUTES:
            sentences.append(None)
            continue
        vector = self.vectorizers[attribute].transform([" ".join(tokens)])
        vector.sort_indices()
        sentences.append(vector.tocoo())
    return [None] * len(sentences), sentences
