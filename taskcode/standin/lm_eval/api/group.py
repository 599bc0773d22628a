from lm_eval.api.task import Task


class Group(Task):
    pass


class ConfigurableGroup(Task):
    pass
