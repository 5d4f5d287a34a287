"""Groups of model packages: moto keeps them and never lets them go."""

from moto.sagemaker.models import sagemaker_backends

from sandbox.aws.context import Call, Context, Refusal


def install(context: Context) -> None:
    """Register the operation that moto lacks."""
    context.operation("sagemaker", "DeleteModelPackageGroup", delete_model_package_group)


def delete_model_package_group(call: Call) -> None:
    """Deletes a group without packages.

    Raises:
        Refusal: when there is no such group, or it still has packages.
    """
    name = call.params["ModelPackageGroupName"].rsplit("/", 1)[-1]
    backend = sagemaker_backends[call.account][call.region]
    if name not in backend.model_package_groups:
        raise Refusal("ValidationException", f"ModelPackageGroup {name} does not exist.")
    packages = backend.model_packages.values()
    if any(package.model_package_group_name == name for package in packages):
        raise Refusal(
            "ConflictException",
            f"Model package group {name} contains model packages: delete those first.",
        )
    del backend.model_package_groups[name]
