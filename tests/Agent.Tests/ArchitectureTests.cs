using Mono.Cecil;
using Mono.Cecil.Cil;
using Xunit;

namespace Tallyman.Agent.Tests;

/// <summary>
/// Which folder of agent/ may use which: the architecture in one table. Data flows from Sources to Delivery; what crosses
/// folders is in Model.
/// </summary>
public class ArchitectureTests
{
    private const string Root = "Tallyman.Agent";

    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Model"] = [],
        ["Native"] = [],
        ["Yaml"] = ["Native"],
        ["Status"] = [],
        ["Systemd"] = ["Status"],
        ["Local"] = ["Native"],
        ["Configuration"] = ["Yaml"],
        ["SelfTest"] = ["Native"],
        ["Learning"] = ["History"],
        ["Checks"] = ["Native", "Sources", "Delivery"],
        ["Sources"] = ["Model", "Native", "Status"],
        ["Actors"] = ["Model", "Native", "Status", "Sources"],
        ["CommandLines"] = ["Model"],
        ["Manifests"] = ["Model", "Native", "Yaml", "Status", "Sources", "CommandLines"],
        ["Redaction"] = ["Model", "Native", "CommandLines"],
        ["Rules"] = ["Model", "Yaml"],
        ["Published"] = ["Model"],
        ["Alerts"] = ["Model", "Redaction"],
        ["Suppression"] = ["Model", "Yaml"],
        ["History"] = ["Native"],
        ["Spool"] = ["Status", "Native"],
        ["Delivery"] = ["Spool", "Status", "Native"],
        ["Support"] = ["Configuration", "Yaml", "Redaction", "Rules", "Local"],
        ["Cli"] = ["Model", "Configuration", "CommandLines", "Manifests", "Redaction", "Rules", "Published", "Alerts", "Suppression", "Spool", "Delivery", "Sources", "Status", "Local", "Checks", "SelfTest", "History", "Learning", "Support", ""],
        // The files beside the folders put everything together.
        [""] = ["Model", "Yaml", "Configuration", "Sources", "Actors", "CommandLines", "Manifests", "Redaction", "Rules", "Alerts", "Suppression", "History", "Spool", "Delivery", "Status", "Systemd", "Local"],
    };

    [Fact]
    public void A_folder_uses_only_what_the_table_allows()
    {
        string[] forbidden = [.. Uses().Where(static use => !MayUse[use.From].Contains(use.To)).Select(static use => $"{use.From} uses {use.To}: {use.Where}").Distinct().Order()];
        Assert.Empty(forbidden);
    }

    [Fact]
    public void The_table_allows_nothing_that_is_not_used()
    {
        HashSet<(string, string)> used = [.. Uses().Select(static use => (use.From, use.To))];
        Assert.DoesNotContain(MayUse.SelectMany(static row => row.Value.Select(to => (row.Key, to))), pair => !used.Contains(pair));
    }

    [Fact]
    public void Delivery_never_sees_an_alert_of_the_model() =>
        Assert.DoesNotContain(Uses(), static use => use.From == "Delivery" && use.To == "Model");

    [Fact]
    public void Unsafe_code_and_native_functions_are_in_Native_alone()
    {
        foreach (string file in Directory.EnumerateFiles(Repository.Path("agent"), "*.cs", SearchOption.AllDirectories))
        {
            string text = File.ReadAllText(file);
            if (!file.Contains("/Native/", StringComparison.Ordinal))
            {
                Assert.False(text.Contains("unsafe ", StringComparison.Ordinal) || text.Contains("LibraryImport", StringComparison.Ordinal), file);
            }
        }
    }

    [Fact]
    public void Every_folder_is_in_the_table() =>
        Assert.Equal(
            MayUse.Keys.Where(static folder => folder.Length > 0).Order(),
            Directory.EnumerateDirectories(Repository.Path("agent")).Select(static path => Path.GetFileName(path)!).Where(static name => char.IsUpper(name[0])).Order());

    private static IEnumerable<(string From, string To, string Where)> Uses()
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(typeof(DetectionService).Assembly.Location);
        foreach (TypeDefinition type in module.GetTypes())
        {
            if (FolderOf(type) is not string from)
            {
                continue;
            }

            foreach (TypeReference used in TypesIn(type))
            {
                if (FolderOf(used) is string to && to != from)
                {
                    yield return (from, to, $"{type.FullName} -> {used.FullName}");
                }
            }
        }
    }

    /// <summary>The first part of the namespace below the root; "" for the root itself; null for others' types.</summary>
    private static string? FolderOf(TypeReference type)
    {
        TypeReference outer = type;
        while (outer.DeclaringType is not null)
        {
            outer = outer.DeclaringType;
        }

        return outer.Namespace == Root ? ""
            : outer.Namespace.StartsWith(Root + ".", StringComparison.Ordinal) ? outer.Namespace[(Root.Length + 1)..].Split('.')[0]
            : null;
    }

    private static IEnumerable<TypeReference> TypesIn(TypeDefinition type)
    {
        IEnumerable<TypeReference?> types =
        [
            type.BaseType,
            .. type.Interfaces.Select(static each => each.InterfaceType),
            .. type.Fields.Select(static field => field.FieldType),
            .. type.Methods.SelectMany(TypesIn),
        ];
        return types.OfType<TypeReference>().SelectMany(Parts);
    }

    private static IEnumerable<TypeReference?> TypesIn(MethodDefinition method)
    {
        yield return method.ReturnType;
        foreach (ParameterDefinition parameter in method.Parameters)
        {
            yield return parameter.ParameterType;
        }

        if (!method.HasBody)
        {
            yield break;
        }

        foreach (VariableDefinition variable in method.Body.Variables)
        {
            yield return variable.VariableType;
        }

        foreach (Instruction instruction in method.Body.Instructions)
        {
            switch (instruction.Operand)
            {
                case TypeReference type:
                    yield return type;
                    break;
                case MethodReference called:
                    yield return called.DeclaringType;
                    yield return called.ReturnType;
                    break;
                case FieldReference field:
                    yield return field.DeclaringType;
                    break;
            }
        }
    }

    /// <summary>The type and its type arguments.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        FunctionPointerType or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };
}
