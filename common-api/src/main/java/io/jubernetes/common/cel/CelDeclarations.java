package io.jubernetes.common.cel;

import com.google.common.collect.ImmutableList;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.TypeParamType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the function libraries of Kubernetes declare. A line is `receiver.name(parameters) result` for
/// a method and `name(parameters) result` for a function.
final class CelDeclarations {
    private static final String TABLE = """
            list<int>.sum() int
            list<uint>.sum() uint
            list<double>.sum() double
            list<duration>.sum() duration
            list<T>.isSorted() bool
            list<T>.min() T
            list<T>.max() T
            list<T>.indexOf(T) int
            list<T>.lastIndexOf(T) int
            string.find(string) string
            string.findAll(string) list<string>
            string.findAll(string,int) list<string>
            string.format(list<dyn>) string
            isURL(string) bool
            url(string) url
            url.getScheme() string
            url.getHost() string
            url.getHostname() string
            url.getPort() string
            url.getEscapedPath() string
            url.getQuery() map
            isQuantity(string) bool
            quantity(string) quantity
            quantity.sign() int
            quantity.isInteger() bool
            quantity.asInteger() int
            quantity.asApproximateFloat() double
            quantity.add(quantity) quantity
            quantity.add(int) quantity
            quantity.sub(quantity) quantity
            quantity.sub(int) quantity
            quantity.isLessThan(quantity) bool
            quantity.isGreaterThan(quantity) bool
            quantity.compareTo(quantity) int
            isIP(string) bool
            ip(string) ip
            string(ip) string
            ip.isCanonical(string) bool
            ip.family() int
            ip.isUnspecified() bool
            ip.isLoopback() bool
            ip.isLinkLocalMulticast() bool
            ip.isLinkLocalUnicast() bool
            ip.isGlobalUnicast() bool
            isCIDR(string) bool
            cidr(string) cidr
            string(cidr) string
            cidr.containsIP(ip) bool
            cidr.containsIP(string) bool
            cidr.containsCIDR(cidr) bool
            cidr.containsCIDR(string) bool
            cidr.ip() ip
            cidr.masked() cidr
            cidr.prefixLength() int
            format.named(string) optional<format>
            format.dns1123Label() format
            format.dns1123Subdomain() format
            format.dns1035Label() format
            format.qualifiedName() format
            format.dns1123LabelPrefix() format
            format.dns1123SubdomainPrefix() format
            format.dns1035LabelPrefix() format
            format.labelValue() format
            format.uri() format
            format.uuid() format
            format.byte() format
            format.date() format
            format.datetime() format
            format.validate(string) optional<list<string>>
            isSemver(string) bool
            isSemver(string,bool) bool
            semver(string) semver
            semver(string,bool) semver
            semver.major() int
            semver.minor() int
            semver.patch() int
            semver.compareTo(semver) int
            semver.isLessThan(semver) bool
            semver.isGreaterThan(semver) bool
            authorizer.path(string) pathCheck
            authorizer.group(string) groupCheck
            authorizer.serviceAccount(string,string) authorizer
            groupCheck.resource(string) resourceCheck
            pathCheck.check(string) decision
            resourceCheck.subresource(string) resourceCheck
            resourceCheck.namespace(string) resourceCheck
            resourceCheck.name(string) resourceCheck
            resourceCheck.fieldSelector(string) resourceCheck
            resourceCheck.labelSelector(string) resourceCheck
            resourceCheck.check(string) decision
            decision.allowed() bool
            decision.reason() string
            decision.errored() bool
            decision.error() string
            """;

    private static final Map<String, CelType> TYPES = Map.ofEntries(
            Map.entry("int", SimpleType.INT),
            Map.entry("uint", SimpleType.UINT),
            Map.entry("double", SimpleType.DOUBLE),
            Map.entry("string", SimpleType.STRING),
            Map.entry("bool", SimpleType.BOOL),
            Map.entry("dyn", SimpleType.DYN),
            Map.entry("duration", SimpleType.DURATION),
            Map.entry("T", TypeParamType.create("T")),
            Map.entry(
                    "map", dev.cel.common.types.MapType.create(SimpleType.STRING, ListType.create(SimpleType.STRING))),
            Map.entry("url", OpaqueType.create("kubernetes.URL")),
            Map.entry("quantity", OpaqueType.create("kubernetes.Quantity")),
            Map.entry("ip", OpaqueType.create("net.IP")),
            Map.entry("cidr", OpaqueType.create("net.CIDR")),
            Map.entry("format", OpaqueType.create("kubernetes.NamedFormat")),
            Map.entry("semver", OpaqueType.create("kubernetes.Semver")),
            Map.entry("authorizer", OpaqueType.create("kubernetes.authorization.Authorizer")),
            Map.entry("pathCheck", OpaqueType.create("kubernetes.authorization.PathCheck")),
            Map.entry("groupCheck", OpaqueType.create("kubernetes.authorization.GroupCheck")),
            Map.entry("resourceCheck", OpaqueType.create("kubernetes.authorization.ResourceCheck")),
            Map.entry("decision", OpaqueType.create("kubernetes.authorization.Decision")));

    /// The names that stand before functions without being values.
    private static final List<String> NAMESPACED = List.of("format.", "ip.isCanonical", "jsonpatch.");

    private CelDeclarations() {}

    /// The type of what an authorizer is asked about one resource.
    static CelType resourceCheck() {
        return type("resourceCheck");
    }

    /// The type of an authorizer variable.
    static CelType authorizer() {
        return type("authorizer");
    }

    /// The functions only expressions that make patches have.
    static List<CelFunctionDecl> patchFunctions() {
        return functions("jsonpatch.escapeKey(string) string");
    }

    static List<CelFunctionDecl> functions() {
        return functions(TABLE);
    }

    private static List<CelFunctionDecl> functions(String table) {
        Map<String, List<CelOverloadDecl>> overloads = new LinkedHashMap<>();
        for (String line : table.lines().toList()) {
            int open = line.indexOf('(');
            int close = line.indexOf(')');
            String name = line.substring(0, open);
            List<CelType> parameters = new ArrayList<>();
            boolean namespaced = NAMESPACED.stream().anyMatch(name::startsWith) && !name.equals("format.validate");
            int dot = namespaced ? -1 : name.lastIndexOf('.');
            if (dot >= 0) {
                parameters.add(type(name.substring(0, dot)));
                name = name.substring(dot + 1);
            }
            for (String parameter : line.substring(open + 1, close).split(",")) {
                if (!parameter.isEmpty()) {
                    parameters.add(type(parameter));
                }
            }
            String id = "k8s_" + line.replaceAll("[^A-Za-z0-9]+", "_");
            CelType result = type(line.substring(close + 2));
            overloads
                    .computeIfAbsent(name, _ -> new ArrayList<>())
                    .add(
                            dot >= 0
                                    ? CelOverloadDecl.newMemberOverload(id, result, ImmutableList.copyOf(parameters))
                                    : CelOverloadDecl.newGlobalOverload(id, result, ImmutableList.copyOf(parameters)));
        }
        List<CelFunctionDecl> functions = new ArrayList<>();
        overloads.forEach((name, list) -> functions.add(CelFunctionDecl.newFunctionDeclaration(name, list)));
        return functions;
    }

    private static CelType type(String text) {
        if (text.startsWith("list<")) {
            return ListType.create(type(text.substring(5, text.length() - 1)));
        }
        if (text.startsWith("optional<")) {
            return OptionalType.create(type(text.substring(9, text.length() - 1)));
        }
        CelType type = TYPES.get(text);
        if (type == null) {
            throw new IllegalStateException("no type " + text);
        }
        return type;
    }
}
