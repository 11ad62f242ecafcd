package io.jubernetes.common.component;

import picocli.CommandLine.IVersionProvider;

/// What `--version` prints, and the version the API server reports. The git version starts with the Kubernetes release
/// whose API is served, because clients compare it with their own.
public final class ComponentVersion implements IVersionProvider {
    public static final String MAJOR = "1";
    public static final String MINOR = "36";
    /// Semantic version as shown in `kubectl version`.
    public static final String GIT_VERSION = "v1.36.2+jubernetes";

    @Override
    public String[] getVersion() {
        return new String[] {"Jubernetes " + GIT_VERSION};
    }
}
