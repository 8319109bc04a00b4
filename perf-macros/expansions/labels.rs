#[timed("handle", labels(route = request.path(), tenant = tenant))]
fn handle(request: &Request, tenant: u32) {
    respond(request);
}

// becomes

fn handle(request: &Request, tenant: u32) {
    #![allow(clippy::items_after_statements)]
    let __perfkit_scope = {
        #[allow(unused_imports)]
        use ::perfkit::__private::{ViaDisplay as _, ViaStr as _};
        ::perfkit::__private::Scope::labelled(
            {
                static SITE: ::perfkit::__private::CallSite = ::perfkit::__private::CallSite::new(
                    ::perfkit::__private::Name::Given("handle"),
                );
                &SITE
            },
            &[
                ("route", (&::perfkit::__private::Value(&(request.path()))).label()),
                ("tenant", (&::perfkit::__private::Value(&(tenant))).label()),
            ],
        )
    };
    respond(request);
}
