//! Why signing in by a service, or changing one, doesn't work.

sealpost_web::codes! {
    /// 403: what the service vouched with is not believed, or nobody is known by it.
    SSO_REFUSED = 403 "sso_refused" "You could not be signed in by this service";
    /// 403: it began in another browser, or too long ago.
    SSO_LAPSED = 403 "sso_lapsed" "This sign-in began in another browser, or too long ago";
    /// 403: the provider began, and nobody here.
    SAML_UNSOLICITED = 403 "saml_unsolicited" "Signing in has to begin here";
    /// 409: somebody has changed the connection meanwhile, or it is needed as it is.
    SSO_IN_USE = 409 "sso_in_use" "Members have to sign in by this connection: lift that first";
    /// 409: not everything is there that it takes.
    SSO_NOT_READY = 409 "sso_not_ready" "Members can't be made to sign in by a service yet";
    /// 409: too many.
    SSO_FULL = 409 "sso_full" "There are as many as an organisation may have";
    /// 409: the domain is another organisation's here, or was claimed before.
    DOMAIN_TAKEN = 409 "domain_taken" "This domain is taken";
    /// 409: the record is not there.
    DOMAIN_NOT_PROVED = 409 "domain_not_proved" "The domain does not say so: the record was not found";
    /// 409: there is no signing key that the provider was told of.
    SAML_NOTHING_ANNOUNCED = 409 "saml_nothing_announced" "No signing key was announced";
    /// 422: the metadata is not that of an identity provider, or can't be used.
    SAML_METADATA_REFUSED = 422 "saml_metadata_refused" "The metadata can't be used";
    /// 422: the group's role is too much.
    SSO_ROLE_UNSUITABLE = 422 "sso_role_unsuitable" "No service makes owners";
    /// 502: the service can't be reached, or answers what can't be used.
    SSO_UNAVAILABLE = 502 "sso_unavailable" "The service could not be reached";
}
