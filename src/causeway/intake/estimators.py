"""Which classes learn from data, what for, and which library they come from."""
# ruff: noqa: SIM905 - lists of words read best as words

from msgspec import Struct

CLASSIFIERS = frozenset(
    "LogisticRegression LogisticRegressionCV RidgeClassifier RidgeClassifierCV SGDClassifier Perceptron "
    "PassiveAggressiveClassifier DecisionTreeClassifier ExtraTreeClassifier RandomForestClassifier "
    "ExtraTreesClassifier GradientBoostingClassifier HistGradientBoostingClassifier AdaBoostClassifier "
    "BaggingClassifier VotingClassifier StackingClassifier KNeighborsClassifier "
    "RadiusNeighborsClassifier SVC "
    "NuSVC LinearSVC GaussianNB MultinomialNB BernoulliNB ComplementNB CategoricalNB MLPClassifier "
    "GaussianProcessClassifier LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis DummyClassifier "
    "XGBClassifier XGBRFClassifier LGBMClassifier CatBoostClassifier BalancedRandomForestClassifier "
    "EasyEnsembleClassifier RUSBoostClassifier OneVsRestClassifier OneVsOneClassifier CalibratedClassifierCV "
    "Logit Probit MNLogit GBTClassifier FMClassifier NearestCentroid "
    "EBMClassifier ExplainableBoostingClassifier TabNetClassifier".split()
)
REGRESSORS = frozenset(
    "LinearRegression Ridge RidgeCV Lasso LassoCV ElasticNet ElasticNetCV BayesianRidge HuberRegressor "
    "SGDRegressor PoissonRegressor TweedieRegressor GammaRegressor QuantileRegressor RANSACRegressor "
    "TheilSenRegressor DecisionTreeRegressor ExtraTreeRegressor RandomForestRegressor ExtraTreesRegressor "
    "GradientBoostingRegressor HistGradientBoostingRegressor AdaBoostRegressor BaggingRegressor "
    "VotingRegressor ARDRegression OrthogonalMatchingPursuit Lars LassoLars PLSRegression WLS GLS GLM "
    "QuantReg RLM MixedLM GeneralizedLinearRegression LinearRegressionWithSGD FMRegressor "
    "StackingRegressor KNeighborsRegressor SVR NuSVR LinearSVR MLPRegressor GaussianProcessRegressor "
    "KernelRidge XGBRegressor XGBRFRegressor LGBMRegressor CatBoostRegressor DummyRegressor OLS "
    "TransformedTargetRegressor ExplainableBoostingRegressor TabNetRegressor".split()
)
FORECASTERS = frozenset(
    (
        "ARIMA SARIMAX AutoARIMA auto_arima Prophet ExponentialSmoothing SimpleExpSmoothing Holt VAR "
        "NeuralProphet VARMAX UnobservedComponents AutoReg ARMA ThetaModel StatsForecast NBEATSModel "
        "TFTModel TCNModel ForecasterAutoreg"
    ).split()
)
CLUSTERERS = frozenset(
    "KMeans MiniBatchKMeans BisectingKMeans DBSCAN HDBSCAN OPTICS AgglomerativeClustering SpectralClustering "
    "AffinityPropagation GaussianMixture BayesianGaussianMixture MeanShift Birch KPrototypes KModes "
    "KMedoids FeatureAgglomeration".split()
)
OUTLIERS = frozenset(
    "IsolationForest OneClassSVM LocalOutlierFactor EllipticEnvelope IForest HBOS COPOD ECOD ABOD".split()
)
RECOMMENDERS = frozenset(
    "SVD SVDpp KNNBasic KNNWithMeans KNNWithZScore KNNBaseline SlopeOne BaselineOnly CoClustering ALS "
    "AlternatingLeastSquares BayesianPersonalizedRanking LogisticMatrixFactorization LightFM "
    "NearestNeighbors".split()
)
SURVIVAL = frozenset(
    "CoxPHFitter WeibullAFTFitter KaplanMeierFitter CoxnetSurvivalAnalysis RandomSurvivalForest".split()
)
TOPICS = frozenset("LatentDirichletAllocation LdaModel LdaMulticore BERTopic".split())
NETWORKS = frozenset("Sequential Model Functional".split())
"""Of Keras; other libraries' classes of these names are told apart by their module."""
FAST = frozenset(
    "tabular_learner cnn_learner vision_learner text_classifier_learner unet_learner collab_learner".split()
)
AUTOMATIC = frozenset("TabularPredictor AutoML H2OAutoML TPOTClassifier TPOTRegressor AutoSklearnClassifier "
                      "AutoSklearnRegressor LazyClassifier LazyRegressor AutoTS".split())  # fmt: skip
AGENTS = frozenset("PPO A2C DQN SAC TD3 DDPG".split())
DETECTORS = frozenset({"YOLO"})
TUNERS = {
    "AutoModelForSequenceClassification": "classification",
    "TFAutoModelForSequenceClassification": "classification",
    "BertForSequenceClassification": "classification",
    "DistilBertForSequenceClassification": "classification",
    "RobertaForSequenceClassification": "classification", "TFBertForSequenceClassification": "classification",
    "TFDistilBertForSequenceClassification": "classification",
    "AutoModelForTokenClassification": "tagging", "AutoModelForQuestionAnswering": "answering",
    "AutoModelForSeq2SeqLM": "generation", "AutoModelForCausalLM": "generation",
    "T5ForConditionalGeneration": "generation", "GPT2LMHeadModel": "generation",
    "AutoModelForImageClassification": "images", "ViTForImageClassification": "images",
    "ClassificationModel": "classification",
}  # fmt: skip
"""Pretrained models of Hugging Face that are tuned further, with what for."""
PRETRAINED = {name: name for name in (
    "VGG16 VGG19 ResNet50 ResNet50V2 ResNet101 ResNet152V2 MobileNet MobileNetV2 MobileNetV3Small "
    "MobileNetV3Large InceptionV3 InceptionResNetV2 Xception DenseNet121 DenseNet169 DenseNet201 "
    "EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3 EfficientNetB4 EfficientNetB7 NASNetMobile "
    "EfficientNetV2B0 resnet18 resnet34 resnet50 resnet101 resnet152 vgg16 vgg19 densenet121 mobilenet_v2 "
    "mobilenet_v3_small mobilenet_v3_large efficientnet_b0 alexnet googlenet inception_v3 squeezenet1_0 "
    "vit_b_16 convnext_tiny".split()
)}  # fmt: skip
WRAPPED = frozenset(
    "TransformedTargetRegressor CalibratedClassifierCV MultiOutputClassifier MultiOutputRegressor "
    "OneVsRestClassifier FixedThresholdClassifier TunedThresholdClassifierCV CrossValidator "
    "TrainValidationSplit".split()
)
RESAMPLERS = frozenset(
    "SMOTE SMOTENC SMOTEN ADASYN BorderlineSMOTE SVMSMOTE KMeansSMOTE RandomOverSampler RandomUnderSampler "
    "SMOTEENN SMOTETomek NearMiss TomekLinks ClusterCentroids EditedNearestNeighbours".split()
)
SEARCHES = frozenset(
    "GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV BayesSearchCV".split()
)
PIPELINES = frozenset("Pipeline make_pipeline ImbPipeline".split())
COLUMN_TRANSFORMERS = frozenset("ColumnTransformer make_column_transformer FeatureUnion make_union".split())

# how strongly a transformer's fit carries information from one row to another
FUNCTIONS = frozenset({"auto_arima"})
"""Lower-case names that give a fitted model at once instead of a class to build."""
_SORTS = {
    "scale": "StandardScaler MinMaxScaler RobustScaler MaxAbsScaler Normalizer PowerTransformer "
    "QuantileTransformer KBinsDiscretizer PolynomialFeatures",
    "impute": "SimpleImputer KNNImputer IterativeImputer Imputer MeanMedianImputer EndTailImputer "
    "CategoricalImputer",
    "encode": "LabelEncoder OrdinalEncoder OneHotEncoder LabelBinarizer MultiLabelBinarizer",
    "target": "TargetEncoder LeaveOneOutEncoder CatBoostEncoder WOEEncoder MEstimateEncoder",
    "select": "SelectKBest SelectPercentile RFE RFECV SelectFromModel SequentialFeatureSelector",
    "reduce": "PCA TruncatedSVD NMF FastICA KernelPCA IncrementalPCA",
    "text": "CountVectorizer TfidfVectorizer TfidfTransformer HashingVectorizer Tokenizer",
}
TRANSFORMERS = {name: sort for sort, names in _SORTS.items() for name in names.split()}

LIBRARIES = {
    "sklearn": "scikit-learn", "xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost",
    "imblearn": "imbalanced-learn", "keras": "Keras", "tensorflow": "TensorFlow", "torch": "PyTorch",
    "statsmodels": "statsmodels", "prophet": "Prophet", "fbprophet": "Prophet",
    "transformers": "Transformers",
    "pmdarima": "pmdarima", "pytorch_lightning": "PyTorch Lightning", "lightning": "PyTorch Lightning",
    "spacy": "spaCy", "fastai": "fastai", "pyspark": "Spark", "h2o": "H2O", "autogluon": "AutoGluon",
    "pycaret": "PyCaret", "mlflow": "MLflow", "prefect": "Prefect", "evidently": "Evidently",
    "wandb": "Weights & Biases",
    "airflow": "Airflow", "dvc": "DVC", "optuna": "Optuna", "shap": "SHAP", "surprise": "Surprise",
    "sentence_transformers": "Sentence Transformers", "langchain": "LangChain",
    "langchain_community": "LangChain",
    "langchain_core": "LangChain", "langgraph": "LangGraph", "llama_index": "LlamaIndex", "crewai": "CrewAI",
    "autogen": "AutoGen", "haystack": "Haystack", "openai": "OpenAI", "anthropic": "Anthropic",
    "nltk": "NLTK",
    "streamlit": "Streamlit", "flask": "Flask", "fastapi": "FastAPI", "gradio": "Gradio", "dash": "Dash",
    "django": "Django", "chainlit": "Chainlit", "bentoml": "BentoML", "torchmetrics": "TorchMetrics",
    "qdrant_client": "Qdrant", "chromadb": "Chroma", "faiss": "FAISS", "pinecone": "Pinecone",
}  # fmt: skip

FRIENDLY = {
    "XGBClassifier": "XGBoost", "XGBRegressor": "XGBoost", "LGBMClassifier": "LightGBM",
    "LGBMRegressor": "LightGBM",
    "CatBoostClassifier": "CatBoost", "CatBoostRegressor": "CatBoost",
    "LogisticRegression": "logistic regression",
    "LinearRegression": "linear regression", "RandomForestClassifier": "random forest",
    "RandomForestRegressor": "random forest", "DecisionTreeClassifier": "decision tree",
    "DecisionTreeRegressor": "decision tree", "GradientBoostingClassifier": "gradient boosting",
    "GradientBoostingRegressor": "gradient boosting", "SVC": "support vector machine",
    "SVR": "support vector machine",
    "LinearSVC": "linear support vector machine", "KNeighborsClassifier": "k nearest neighbours",
    "KNeighborsRegressor": "k nearest neighbours", "GaussianNB": "naive Bayes",
    "MultinomialNB": "naive Bayes",
    "MLPClassifier": "neural network", "MLPRegressor": "neural network", "Lasso": "lasso",
    "Ridge": "ridge regression",
    "Sequential": "Keras network", "Model": "Keras network", "DecisionTree": "decision tree",
    "HistGradientBoostingClassifier": "gradient boosting",
    "HistGradientBoostingRegressor": "gradient boosting",
}  # fmt: skip


class Learner(Struct, frozen=True):
    """What a class is: `kind` (classifier, regressor, transformer...), `task`, and the sort of
    transformation.
    """

    kind: str
    task: str = ""
    sort: str = ""


_KINDS = (
    (CLASSIFIERS, Learner("model", "classification")),
    (REGRESSORS, Learner("model", "regression")),
    (FORECASTERS, Learner("model", "forecast")),
    (CLUSTERERS, Learner("model", "clustering")),
    (OUTLIERS, Learner("model", "anomaly")),
    (NETWORKS, Learner("network")),
    (RECOMMENDERS, Learner("model", "recommendation")),
    (SURVIVAL, Learner("model", "survival")),
    (TOPICS, Learner("model", "topics")),
    (FAST, Learner("model")),
    (AUTOMATIC, Learner("model")),
    (AGENTS, Learner("model", "reinforcement")),
    (DETECTORS, Learner("model", "detection")),
    (WRAPPED, Learner("pipeline")),
    (RESAMPLERS, Learner("resampler", sort="resample")),
    (SEARCHES, Learner("search")),
    (PIPELINES, Learner("pipeline")),
    (COLUMN_TRANSFORMERS, Learner("transformer", sort="columns")),
)


def learner(name: str) -> Learner | None:
    """What the class of this (dotted) name learns, or None."""
    last = name.rsplit(".", 1)[-1]
    for names, kind in _KINDS:
        if last in names:
            return kind
    sort = TRANSFORMERS.get(last)
    if sort:
        return Learner("transformer", sort=sort)
    if last in TUNERS:
        return Learner("network", TUNERS[last])
    if last in {"VectorAssembler", "StringIndexer"}:
        return Learner("transformer", sort="columns")
    # what libraries that we do not know call their models
    if name != last and last.endswith("Classifier"):
        return Learner("model", "classification")
    return Learner("model", "regression") if name != last and last.endswith("Regressor") else None


def friendly(name: str) -> str:
    """How a person calls this estimator."""
    return FRIENDLY.get(name, name)


def library(module: str) -> str:
    """How a person calls the library that this module belongs to; empty when it is not one of interest."""
    return LIBRARIES.get(module.split(".", maxsplit=1)[0], "")
