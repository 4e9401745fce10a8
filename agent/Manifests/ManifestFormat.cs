namespace Tallyman.Agent.Manifests;

/// <summary>How a file that a command line names is to be read.</summary>
internal enum ManifestFormat
{
    /// <summary>Objects of an API server, in YAML or JSON.</summary>
    Kubernetes,

    /// <summary>The same as podman kube play reads them: keys in any case.</summary>
    PodmanKube,

    /// <summary>kustomization.yaml.</summary>
    Kustomization,

    /// <summary>kubectl run --overrides: JSON.</summary>
    KubernetesOverrides,

    /// <summary>A part of an object that is merged into another one.</summary>
    KubernetesPatch,

    /// <summary>A part of the specification of a pod.</summary>
    PodPatch,

    /// <summary>The object that kubectl debug -f is about.</summary>
    KubernetesDebugged,

    /// <summary>A part of a container: kubectl debug --custom.</summary>
    KubernetesContainer,

    /// <summary>RFC 6902, for an object of an API server.</summary>
    JsonPatch,

    Compose,

    /// <summary>The same for the sake of its images only.</summary>
    ComposeBuild,

    /// <summary>The same for docker stack deploy, which knows less of it.</summary>
    ComposeStack,

    /// <summary>crictl's PodSandboxConfig.</summary>
    CriPod,

    /// <summary>crictl's ContainerConfig.</summary>
    CriContainer,

    /// <summary>config.json of the OCI runtime specification.</summary>
    OciSpec,

    /// <summary>The JSON body of a request to a container engine: curl -d @body.json.</summary>
    EngineRequest,

    /// <summary>Lines of NAME=VALUE.</summary>
    EnvFile,
}
