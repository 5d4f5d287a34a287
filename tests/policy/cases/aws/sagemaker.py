from tests.policy.case import Case

NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"

CASES = [
    Case(
        rule="aws/sagemaker/notebook_instance/no_direct_internet",
        type=NOTEBOOK,
        good={"directInternetAccess": "Disabled"},
        at="directInternetAccess",
        bad=("Enabled",),
    ),
]
