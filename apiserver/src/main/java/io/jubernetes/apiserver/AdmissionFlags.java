package io.jubernetes.apiserver;

import io.jubernetes.apiserver.admission.AdmissionConfiguration;
import io.jubernetes.apiserver.admission.PluginSelection;
import io.jubernetes.common.component.StartupException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which admission plugins run, and their configuration.
final class AdmissionFlags {
    @Option(
            names = "--enable-admission-plugins",
            split = ",",
            description = "Admission plugins to run besides those that are on by default; their order has no meaning.")
    private List<String> enable = new ArrayList<>();

    @Option(
            names = "--disable-admission-plugins",
            split = ",",
            description = "Admission plugins not to run although they are on by default.")
    private List<String> disable = new ArrayList<>();

    @Option(names = "--admission-control-config-file", description = "AdmissionConfiguration with plugins' settings.")
    private @Nullable Path configFile;

    /// The flags' values, checked.
    record Values(PluginSelection selection, AdmissionConfiguration configuration) {}

    Values values() throws StartupException {
        try {
            return new Values(PluginSelection.of(enable, disable), AdmissionConfiguration.read(configFile));
        } catch (IllegalArgumentException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }
}
