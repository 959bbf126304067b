"""Modules whose distribution has another name; those without any come with the machine they run on."""
# ruff: noqa: SIM905 - lists of words read best as words

_NAMED = """
paho=paho-mqtt git=gitpython telegram=python-telegram-bot discord=discord-py nacl=pynacl
OpenSSL=pyopenssl Bio=biopython rest_framework=djangorestframework corsheaders=django-cors-headers
zmq=pyzmq cairo=pycairo talib=ta-lib tf_keras=tf-keras keras_tuner=keras-tuner kerastuner=keras-tuner
official=tf-models-official hydra=hydra-core googlesearch=googlesearch-python
serpapi=google-search-results newspaper=newspaper3k dns=dnspython ldap=python-ldap
mysql=mysql-connector-python cx_Oracle=cx-oracle bson=pymongo gridfs=pymongo kafka=kafka-python
dash_core_components=dash dash_html_components=dash st_aggrid=streamlit-aggrid osgeo=gdal
skopt=scikit-optimize autosklearn=auto-sklearn scikitplot=scikit-plot Stemmer=pystemmer
decouple=python-decouple environ=django-environ pywt=pywavelets RPi=rpi-gpio usb=pyusb win32com=pywin32
win32api=pywin32 pythoncom=pywin32 win32gui=pywin32 Xlib=python-xlib wx=wxpython PyQt5=pyqt5
nmap=python-nmap pptx=python-pptx barcode=python-barcode Levenshtein=levenshtein pyLDAvis=pyldavis
ruamel=ruamel-yaml markdown=markdown pyarrow=pyarrow ffmpeg=ffmpeg-python moviepy=moviepy pydub=pydub
whisper=openai-whisper TTS=tts cohere=cohere unidecode=unidecode xlwt=xlwt jsonschema=jsonschema
OpenGL=pyopengl sqlalchemy_utils=sqlalchemy-utils jaydebeapi=jaydebeapi hdbcli=hdbcli pyhive=pyhive
zoneinfo_data=tzdata grpc=grpcio google.protobuf=protobuf google.cloud=google-cloud
google.auth=google-auth google.oauth2=google-auth google.genai=google-genai
googleapiclient=google-api-python-client azure.identity=azure-identity azure.storage=azure-storage-blob
azure.ai=azure-ai-ml azureml.core=azureml-core ibm_watson_machine_learning=ibm-watson-machine-learning
sagemaker=sagemaker vertexai=google-cloud-aiplatform llama_cpp=llama-cpp-python
ctransformers=ctransformers bs4=beautifulsoup4 tavily=tavily-python flask_restful=flask-restful
flask_jwt_extended=flask-jwt-extended lxml=lxml sksurv=scikit-survival sklearn_crfsuite=sklearn-crfsuite
hmmlearn=hmmlearn pyod=pyod lifelines=lifelines imageio=imageio mediapipe=mediapipe dlib=dlib
face_recognition=face-recognition segmentation_models_pytorch=segmentation-models-pytorch timm=timm
pythonjsonlogger=python-json-logger prometheus_fastapi_instrumentator=prometheus-fastapi-instrumentator
flask_limiter=flask-limiter pydantic_settings=pydantic-settings email_validator=email-validator
memory_profiler=memory-profiler line_profiler=line-profiler xdist=pytest-xdist docx2txt=docx2txt
docxtpl=docxtpl pypandoc=pypandoc pptx2pdf=pptx2pdf pdf2image=pdf2image wikipediaapi=wikipedia-api
rapidfuzz=rapidfuzz fuzzywuzzy=fuzzywuzzy psycopg=psycopg pgvector=pgvector
snowflake=snowflake-connector-python influxdb_client=influxdb-client
confluent_kafka=confluent-kafka clickhouse_driver=clickhouse-driver
opensearchpy=opensearch-py flask_login=flask-login flask_wtf=flask-wtf flask_bcrypt=flask-bcrypt
flask_mail=flask-mail flask_migrate=flask-migrate flask_session=flask-session flaskext=flask-mysql
wtforms=wtforms yaml_include=pyyaml-include win32ui=pywin32 attrs=attrs haystack=haystack-ai
streamlit_authenticator=streamlit-authenticator streamlit_lottie=streamlit-lottie
pandas_ta=pandas-ta alpha_vantage=alpha-vantage yahoo_fin=yahoo-fin sounddevice=sounddevice
pyttsx3=pyttsx3 gensim=gensim sparknlp=spark-nlp langid=langid langdetect=langdetect
tensorflow_addons=tensorflow-addons tensorflow_probability=tensorflow-probability
tensorflow_text=tensorflow-text tensorflow_decision_forests=tensorflow-decision-forests
pytesseract=pytesseract torch_geometric=torch-geometric pl_bolts=lightning-bolts
albumentations=albumentations ultralytics=ultralytics tensorflow_datasets=tensorflow-datasets
"""
OTHER_NAMES = dict(pair.split("=") for pair in _NAMED.split())
WITHOUT_A_DISTRIBUTION = frozenset(
    "machine network dht utime umqtt micropython ujson uos urequests ubinascii uasyncio esp esp32 neopixel "
    "board busio digitalio dbutils pyspark_dbutils arcpy bpy maya hou c4d unreal idaapi gdb lldb sage "
    "google.colab kaggle_secrets kaggle_web_client java javax jnius".split()
)
