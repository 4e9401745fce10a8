using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>
/// Positionals that name objects: TYPE[,TYPE…] [NAME…] or TYPE/NAME…, types in any case, plural or short, with version and
/// group. Of interest are those that hold secrets and settings.
/// </summary>
/// <param name="shows">Whether the command prints what they hold: always, by its output format, or never.</param>
internal sealed class KubernetesResourcesMeaning(KubernetesResourcesMeaning.Shows shows) : Meaning
{
    internal enum Shows
    {
        Always,
        ByOutputFormat,
        OnlyByOutputFormat,
        ExceptSecrets,
        Never,
    }

    public override void Read(Reading reading, FlagUse? use)
    {
        List<int> positionals = reading.Line.Positionals;
        for (int i = 0; i < positionals.Count; i++)
        {
            string text = reading.Line.Text(positionals[i]);
            int slash = text.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0 && i > 0)
            {
                break; // names of objects of the types before
            }

            foreach (string type in (slash < 0 ? text : text[..slash]).Split(','))
            {
                Read(reading, type.ToLowerInvariant(), positionals[i]);
            }
        }
    }

    private void Read(Reading reading, string type, int arg)
    {
        int dot = type.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0 && type[dot..] is not ("." or ".v1" or ".v1."))
        {
            return; // of another API group
        }

        string name = dot < 0 ? type : type[..dot];
        bool? isSecret = name switch
        {
            "secret" or "secrets" => true,
            "configmap" or "configmaps" or "cm" => false,
            _ => null,
        };
        if (isSecret is null)
        {
            return;
        }

        if (shows == Shows.OnlyByOutputFormat && !PrintsData(reading))
        {
            return; // it is about the object, and prints nothing of it
        }

        reading.Add(FactKind.ResourceRead, name, arg);
        if (shows switch
        {
            Shows.Always => true,
            Shows.ByOutputFormat or Shows.OnlyByOutputFormat => PrintsData(reading),
            Shows.ExceptSecrets => isSecret == false,
            _ => false,
        })
        {
            reading.Add(FactKind.SecretsRead, "", arg);
        }
    }

    /// <summary>A table shows names only; all other formats show what the object holds.</summary>
    private static bool PrintsData(Reading reading) =>
        reading.Last("output") is FlagUse output && reading.Text(output) is not ("" or "wide" or "name");
}

/// <summary>--raw PATH: a request to the API server in words of its own.</summary>
internal sealed class KubernetesRawMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        int arg = Reading.ArgOf(given);
        string[] path = [.. reading.Text(given).Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        if (path.Any(static part => part is "secrets" or "configmaps"))
        {
            reading.Add(FactKind.ResourceRead, "secrets", arg);
            reading.Add(FactKind.SecretsRead, "", arg);
        }

        // What belongs to an object: of a node its kubelet, of a pod or service what listens in it.
        switch (path.SkipWhile(static part => part is not ("nodes" or "pods" or "services" or "serviceaccounts")).Skip(2).ToArray())
        {
            case ["proxy", "run" or "exec" or "attach", ..] or ["exec" or "attach", ..]:
                reading.Add(FactKind.Exec, "", arg);
                break;
            case ["proxy" or "portforward", ..]:
                reading.Add(FactKind.Proxy, "", arg);
                break;
            case ["token"]:
                reading.Add(FactKind.SecretsRead, "", arg);
                break;
        }
    }
}

/// <summary>patch: of some kinds any change matters, whatever it is.</summary>
internal sealed class KubernetesPatchedMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (reading.Positional(0) is int arg and >= 0 && reading.Line.Text(arg).Split('/')[0].ToLowerInvariant() is "secret" or "secrets")
        {
            reading.Add(FactKind.SecretsWrite, "", arg);
        }
    }
}

/// <summary>
/// debug: a pod on a node has the node's root at /host and its namespaces unless the profile says otherwise. The profiles
/// are those of kubectl 1.36, where general is the default.
/// </summary>
internal sealed class KubernetesDebugMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        reading.Add(FactKind.Debug);
        FlagUse? profileUse = reading.Last("profile");
        string profile = profileUse is FlagUse given ? reading.Text(given) : "";
        int profileArg = profileUse is FlagUse at ? Reading.ArgOf(at) : -1;
        if (profile.Length > 0)
        {
            reading.Add(FactKind.DebugProfile, profile, profileArg);
        }

        bool isNode = false;
        int before = reading.Line.PositionalsBeforeDashes < 0 ? reading.Line.Positionals.Count : reading.Line.PositionalsBeforeDashes;
        for (int i = 0; i < before; i++)
        {
            int arg = reading.Line.Positionals[i];
            string[] target = reading.Line.Text(arg).Split('/', 2);
            if (target.Length == 2 && target[0].ToLowerInvariant() is "node" or "nodes" or "no")
            {
                isNode = true;
                reading.Add(FactKind.NodeDebug, target[1], arg);
                AddNodeAccess(reading, profile, arg);
            }
        }

        if (profile == "sysadmin")
        {
            reading.Add(FactKind.Privileged, "", profileArg);
        }
        else if (profile == "netadmin")
        {
            reading.Add(FactKind.CapAdd, "NET_ADMIN", profileArg);
            reading.Add(FactKind.CapAdd, "NET_RAW", profileArg);
        }
        else if (profile is "general" or "" && !isNode && before > 0)
        {
            reading.Add(FactKind.CapAdd, "SYS_PTRACE", profileArg);
        }
    }

    private static void AddNodeAccess(Reading reading, string profile, int arg)
    {
        if (profile is "baseline" or "restricted")
        {
            return;
        }

        reading.Add(FactKind.HostNet, "", arg);
        reading.Add(FactKind.HostPid, "", arg);
        reading.Add(FactKind.HostIpc, "", arg);
        if (profile != "netadmin")
        {
            reading.AddMount("/", "/host", arg);
        }
    }
}

/// <summary>expose: a service that is reached from outside of the cluster.</summary>
internal sealed class KubernetesExposeMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (reading.Last("external-ip") is FlagUse address)
        {
            reading.Add(FactKind.Proxy, "", Reading.ArgOf(address));
        }
        else if (reading.Last("type") is FlagUse type && reading.Text(type) is "NodePort" or "LoadBalancer")
        {
            reading.Add(FactKind.Proxy, "", Reading.ArgOf(reading.Last("type")!.Value));
        }
    }
}

/// <summary>set env: NAME=VALUE among the positionals.</summary>
internal sealed class KubernetesVariablesMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        foreach (int arg in reading.Line.Positionals)
        {
            if (reading.Line.Text(arg).Split('=', 2) is [{ Length: > 0 } name, _])
            {
                reading.Add(FactKind.EnvironmentVariable, name, arg);
            }
        }
    }
}

/// <summary>set image: CONTAINER=IMAGE among the positionals.</summary>
internal sealed class KubernetesImagesMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        foreach (int arg in reading.Line.Positionals)
        {
            if (reading.Image is null && reading.Line.Text(arg).Split('=', 2) is [_, { Length: > 0 } image])
            {
                reading.Image = image;
            }
        }
    }
}

/// <summary>create clusterrole: one that may do everything, or make itself such a one.</summary>
internal sealed class KubernetesRoleMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        List<(string Value, int Arg)> verbs = ValuesOf(reading, "verb");
        bool isForAll = ValuesOf(reading, "resource").Exists(static resource => resource.Value is "*" or "*.*");
        foreach ((string verb, int arg) in verbs)
        {
            if (GrantOf(verb, isForAll) is string grant)
            {
                reading.Add(FactKind.RbacGrant, grant, arg);
            }
        }
    }

    /// <summary>What a verb of a role makes of whoever has it; null if nothing that matters.</summary>
    /// <param name="isForAll">Whether it is for every kind of object.</param>
    public static string? GrantOf(string verb, bool isForAll) => verb switch
    {
        "*" when isForAll => "*",
        "escalate" or "bind" or "impersonate" => verb,
        _ => null,
    };

    private static List<(string Value, int Arg)> ValuesOf(Reading reading, string flag) =>
        [.. reading.Line.Flags.Where(use => use.Flag.Long == flag).SelectMany(use =>
            Lists.Split(reading.Text(use), use.Flag.Repetition).Select(value => (value, Reading.ArgOf(use))))];
}

/// <summary>label: what a namespace lets its pods do.</summary>
internal sealed class KubernetesLabelsMeaning : Meaning
{
    public const string Enforced = "pod-security.kubernetes.io/enforce";

    public override void Read(Reading reading, FlagUse? use)
    {
        foreach (int arg in reading.Line.Positionals)
        {
            if (reading.Line.Text(arg) == $"{Enforced}=privileged")
            {
                reading.Add(FactKind.PodSecurity, "privileged", arg);
            }
        }
    }
}
